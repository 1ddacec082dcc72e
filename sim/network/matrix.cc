// SPDX-License-Identifier: Apache-2.0
#include "sim/network/matrix.h"

#include <algorithm>

#include "proto/types/assert.h"

namespace shoal::sim {

DelayMatrix::DelayMatrix(std::uint32_t places, std::vector<std::uint32_t> cells)
    : places_(places), cells_(std::move(cells)) {
  SHOAL_ASSERT(places >= 2 && cells_.size() == std::size_t{places} * places);
  std::uint64_t sum = 0;
  std::uint64_t pairs = 0;
  for (std::uint32_t from = 0; from < places; ++from) {
    for (std::uint32_t to = 0; to < places; ++to) {
      std::uint32_t& here = cells_[std::size_t{from} * places + to];
      if (here == kNotMeasured) here = cell(to, from);
      if (from == to || here == kNotMeasured) continue;
      sum += here;
      ++pairs;
      smallest_ = std::min(smallest_, Duration(here));
      largest_ = std::max(largest_, Duration(here));
    }
  }
  SHOAL_ASSERT(pairs > 0);
  mean_ = Duration(sum / pairs);
  for (std::uint32_t place = 0; place < places; ++place) {
    std::uint32_t& self = cells_[std::size_t{place} * places + place];
    if (self != 0 && self != kNotMeasured) continue;
    self = kNotMeasured;
    const auto row = cells_.begin() + static_cast<std::ptrdiff_t>(std::size_t{place} * places);
    self = *std::min_element(row, row + places);
  }
}

}  // namespace shoal::sim
