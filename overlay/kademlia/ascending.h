// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace shoal::overlay::kademlia {

/// How many of `size` ascending values, the i-th of which is `at(i)`, are below `value`.
///
/// No branch depends on the values, which are ids or distances and so as good as drawn: each step
/// of std::lower_bound would be guessed wrongly every other time, and a wrong guess costs more than
/// the step.
/// Cost: O(log size).
template <class At>
std::size_t count_below(std::size_t size, std::uint64_t value, At at) {
  if (size == 0) return 0;
  std::size_t first = 0;
  while (size > 1) {
    const std::size_t half = size / 2;
    first += half & (std::size_t{0} - static_cast<std::size_t>(at(first + half - 1) < value));
    size -= half;
  }
  return first + static_cast<std::size_t>(at(first) < value);
}

}  // namespace shoal::overlay::kademlia
