// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "proto/types/time.h"

namespace shoal::bootstrap {

/// A token bucket: `burst` at once, `per_second` in the long run. Starts full.
class Bucket {
 public:
  Bucket(std::uint32_t burst, std::uint32_t per_second, Instant now)
      : burst_(burst), per_second_(per_second), tokens_(burst * kWhole), at_(now) {}

  /// Takes one; false when there is none. `now` must not go back.
  bool take(Instant now) {
    tokens_ = tokens_at(now);
    at_ = now;
    if (tokens_ < kWhole) return false;
    tokens_ -= kWhole;
    return true;
  }

  [[nodiscard]] bool full(Instant now) const { return tokens_at(now) == burst_ * kWhole; }

 private:
  // Millionths, so that each microsecond adds `per_second` of them.
  static constexpr std::int64_t kWhole = 1'000'000;

  [[nodiscard]] std::int64_t tokens_at(Instant now) const {
    const std::int64_t most = burst_ * kWhole;
    // Longer than it takes to fill counts as just that long: no product overflows.
    const std::int64_t waited = std::min<std::int64_t>((now - at_).count(), most);
    return std::min(most, tokens_ + waited * per_second_);
  }

  std::uint32_t burst_;
  std::uint32_t per_second_;
  std::int64_t tokens_;
  Instant at_;
};

}  // namespace shoal::bootstrap
