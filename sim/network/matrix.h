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
/// A pair that was not measured takes the mean of those that were, so that what is drawn has the
/// mean of the data. (Its opposite's value would be nearer to the truth for the pair, but pairs
/// that fail one way are slow ones, and the whole would come out slower than what was measured.)
/// Two peers at one place are as far apart as the place's nearest neighbour, unless the matrix has
/// more than 0 on its diagonal.
class DelayMatrix {
 public:
  static constexpr std::uint32_t kNotMeasured = 0xffff'ffff;

  /// `cells` row by row, in microseconds one way. Requires places * places cells, places >= 2, and
  /// a measured pair of different places.
  DelayMatrix(std::uint32_t places, std::vector<std::uint32_t> cells);

  /// Reads round trips in milliseconds: numbers parted by blanks, a row per line, or CSV with
  /// names in the first line and column and empty cells where nothing was measured. Gzipped or
  /// plain.
  ///
  /// Errors: those of Lines; kInvalidArgument (not square, no number, none measured; with the
  /// line), kTooLarge (more than limits::kMatrixPlacesMax places).
  static Result<std::shared_ptr<const DelayMatrix>> read(const std::string& path);

  [[nodiscard]] std::uint32_t places() const { return places_; }
  [[nodiscard]] Duration at(std::uint32_t from, std::uint32_t to) const {
    return Duration(cells_[std::size_t{from} * places_ + to]);
  }
  [[nodiscard]] Duration smallest() const { return smallest_; }
  [[nodiscard]] Duration largest() const { return largest_; }
  /// Of all pairs of different places.
  [[nodiscard]] Duration mean() const { return mean_; }

 private:
  std::uint32_t places_;
  std::vector<std::uint32_t> cells_;
  Duration smallest_ = Duration::max();
  Duration largest_{};
  Duration mean_{};
};

}  // namespace shoal::sim
