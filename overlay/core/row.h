// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/container/options.hpp>
#include <boost/container/vector.hpp>
#include <cstddef>
#include <cstdint>

namespace shoal::overlay {

/// A vector of 16 bytes instead of 24, for what each of a million simulated peers has.
template <class T>
using Row = boost::container::vector<
    T, void, boost::container::vector_options_t<boost::container::stored_size<std::uint32_t>>>;

/// Room for `count` more, and an eighth: a million simulated peers pay for all that stays empty.
template <class T>
void make_room(Row<T>& row, std::size_t count) {
  if (row.size() + count > row.capacity()) row.reserve(row.size() + count + row.size() / 8);
}

/// Removes all, and the memory too; an assigned `{}` would keep it.
template <class T>
void free_row(Row<T>& row) {
  Row<T>().swap(row);
}

}  // namespace shoal::overlay
