// SPDX-License-Identifier: Apache-2.0
#include "sim/draw/weighted.h"

#include <algorithm>
#include <bit>

#include "proto/types/assert.h"
#include "sim/draw/wide.h"

namespace shoal::sim {

WeightedDraw::WeightedDraw(std::span<const std::uint64_t> weights) {
  sums_.reserve(weights.size());
  std::uint64_t sum = 0;
  for (const std::uint64_t weight : weights) {
    SHOAL_ASSERT(weight <= UINT64_MAX - sum);
    sum += weight;
    sums_.push_back(sum);
  }
  SHOAL_ASSERT(sum > 0 && weights.size() <= UINT32_MAX);
}

std::uint32_t WeightedDraw::draw(Rng& rng) const {
  const std::uint64_t point = rng.below(total());
  const auto found = std::upper_bound(sums_.begin(), sums_.end(), point);
  return static_cast<std::uint32_t>(found - sums_.begin());
}

std::vector<std::uint64_t> zipf_weights(std::uint32_t items, Fixed exponent) {
  SHOAL_ASSERT(items >= 1 && items <= 1U << 30 && exponent >= Fixed());
  const int top =
      63 - static_cast<int>(std::bit_width(items));  // the first weight is 2^top: the sum fits
  std::vector<std::uint64_t> weights;
  weights.reserve(items);
  for (std::uint32_t rank = 1; rank <= items; ++rank) {
    // 2^-less, less in Q57.
    const auto less = static_cast<UnsignedWide>(Wide{static_cast<std::int64_t>(log2_q57(rank))} *
                                                exponent.raw()) >>
                      32;
    const auto whole = static_cast<std::uint64_t>(less >> 57);
    const auto fraction = static_cast<std::uint64_t>(less) << 7;
    if (whole > 62) {
      weights.push_back(0);
      continue;
    }
    // 2^-(whole + f) = 2^-(whole + 1) * 2^(1 - f); for f = 0 the mantissa is a plain 1.
    const std::uint64_t mantissa = exp2_q63(0 - fraction);
    const int shift = 63 - top + static_cast<int>(whole) + (fraction == 0 ? 0 : 1);
    weights.push_back(shift > 63 ? 0 : mantissa >> shift);
  }
  return weights;
}

}  // namespace shoal::sim
