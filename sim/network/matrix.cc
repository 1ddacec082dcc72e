// SPDX-License-Identifier: Apache-2.0
#include "sim/network/matrix.h"

#include <algorithm>
#include <span>

#include "proto/types/assert.h"

namespace shoal::sim {

DelayMatrix::DelayMatrix(std::uint32_t places, std::vector<std::uint32_t> cells)
    : places_(places), cells_(std::move(cells)) {
  SHOAL_ASSERT(places >= 2 && cells_.size() == std::size_t{places} * places);
  std::uint64_t sum = 0;
  std::uint64_t pairs = 0;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    if (i / places == i % places || cells_[i] == kNotMeasured) continue;
    sum += cells_[i];
    ++pairs;
    smallest_ = std::min(smallest_, Duration(cells_[i]));
    largest_ = std::max(largest_, Duration(cells_[i]));
  }
  SHOAL_ASSERT(pairs > 0);
  mean_ = Duration(sum / pairs);
  for (std::uint32_t place = 0; place < places; ++place) {
    const auto row = std::span(cells_).subspan(std::size_t{place} * places, places);
    if (row[place] == 0) row[place] = kNotMeasured;
    const std::uint32_t nearest = *std::ranges::min_element(row);
    if (row[place] == kNotMeasured) row[place] = nearest;
    std::ranges::replace(row, kNotMeasured, static_cast<std::uint32_t>(mean_.count()));
  }
}

}  // namespace shoal::sim
