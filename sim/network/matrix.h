// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "proto/types/result.h"
#include "proto/types/time.h"

namespace shoal::sim {

/// One-way delays between measured places, in whole microseconds: half of a matrix of round trips.
///
/// A pair that was not measured takes its opposite's value; when that is missing too, it has none
/// and is never drawn. Two peers at one place are as far apart as the place's nearest neighbour,
/// unless the matrix has more than 0 on its diagonal.
class DelayMatrix {
 public:
  static constexpr std::uint32_t kNotMeasured = 0xffff'ffff;

  /// `cells` row by row, in microseconds one way. Requires places * places cells, places >= 2.
  DelayMatrix(std::uint32_t places, std::vector<std::uint32_t> cells);

  [[nodiscard]] std::uint32_t places() const { return places_; }
  [[nodiscard]] bool measured(std::uint32_t from, std::uint32_t to) const {
    return cell(from, to) != kNotMeasured;
  }
  /// Requires that the pair was measured.
  [[nodiscard]] Duration at(std::uint32_t from, std::uint32_t to) const {
    return Duration(cell(from, to));
  }
  [[nodiscard]] Duration smallest() const { return smallest_; }
  [[nodiscard]] Duration largest() const { return largest_; }
  /// Of all measured pairs of different places.
  [[nodiscard]] Duration mean() const { return mean_; }

 private:
  [[nodiscard]] std::uint32_t cell(std::uint32_t from, std::uint32_t to) const {
    return cells_[std::size_t{from} * places_ + to];
  }

  std::uint32_t places_;
  std::vector<std::uint32_t> cells_;
  Duration smallest_ = Duration::max();
  Duration largest_{};
  Duration mean_{};
};

}  // namespace shoal::sim
