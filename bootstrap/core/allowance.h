// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "proto/types/time.h"

namespace shoal::bootstrap {

/// So many at once, then one more for each period that passes; slower than a Bucket.
///
/// Keeps one time: when all would be there again (the generic cell rate algorithm, ITU-T I.371).
class Allowance {
 public:
  struct Law {
    std::uint32_t burst = 1;
    Duration period{};
  };

  /// How long until one may be taken; zero: now.
  [[nodiscard]] Duration wait(const Law& law, Instant now) const {
    return std::max(Duration(0), whole_ - law.burst * law.period + law.period - now);
  }
  /// Requires wait() to be zero.
  void take(const Law& law, Instant now) { whole_ = std::max(whole_, now) + law.period; }
  /// One that was taken is given back.
  void give_back(const Law& law) { whole_ -= law.period; }
  [[nodiscard]] bool whole(Instant now) const { return whole_ <= now; }

 private:
  Instant whole_{};  // times are counted from 1970, and none is before
};

}  // namespace shoal::bootstrap
