// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "proto/types/rng.h"
#include "sim/draw/fixed.h"

namespace shoal::sim {

/// Draws a number with a chance in proportion to its weight, exactly: weights are whole.
///
/// Cost: 8 bytes per number; a draw is a binary search.
class WeightedDraw {
 public:
  /// Requires a weight above 0, and a sum below 2^64.
  explicit WeightedDraw(std::span<const std::uint64_t> weights);

  [[nodiscard]] std::uint32_t draw(Rng& rng) const;
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(sums_.size()); }
  [[nodiscard]] std::uint64_t total() const { return sums_.back(); }
  [[nodiscard]] std::uint64_t weight(std::uint32_t number) const {
    return sums_[number] - (number == 0 ? 0 : sums_[number - 1]);
  }

 private:
  std::vector<std::uint64_t> sums_;
};

/// Weights in proportion to (rank + 1)^-exponent, for ranks from 0 on: Zipf's law; exponent 0 makes
/// all alike. Half the exponent gives the square roots. For WeightedDraw. Requires items from 1 to
/// 2^30 and exponent >= 0; a weight far below the first one's 2^-33 comes out as 0.
std::vector<std::uint64_t> zipf_weights(std::uint32_t items, Fixed exponent);

}  // namespace shoal::sim
