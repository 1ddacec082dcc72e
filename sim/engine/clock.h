// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "proto/types/assert.h"
#include "proto/types/limits.h"

namespace shoal::sim {

/// What one peer takes for the time: it may run fast or slow, and jump forward, in microseconds.
///
/// It never goes back, as a Node is promised: where the wall clock of a real peer is set back, its
/// driver hides that (the wire host reads a monotonic clock), so there is nothing to simulate.
class Clock {
 public:
  static constexpr std::int64_t kMillion = 1'000'000;

  /// Its own time at the true time `now`, which is no earlier than the last change.
  [[nodiscard]] std::int64_t own(std::int64_t now) const {
    const std::int64_t since = now - changed_;
    return own_ + since / kMillion * rate_ + since % kMillion * rate_ / kMillion;
  }
  /// The true time at which it first shows `own` or later.
  [[nodiscard]] std::int64_t due(std::int64_t own) const {
    const std::int64_t left = std::max<std::int64_t>(own - own_, 0);
    return changed_ + left / rate_ * kMillion + (left % rate_ * kMillion + rate_ - 1) / rate_;
  }
  /// From `now` on it gains `ppm` microseconds in a second; loses them where below 0.
  void drift(std::int64_t now, std::int32_t ppm) {
    SHOAL_ASSERT(ppm >= -limits::kClockSkewMax && ppm <= limits::kClockSkewMax);
    jump(now, 0);
    rate_ = kMillion + ppm;
  }
  /// At `now` it jumps so far forward.
  void jump(std::int64_t now, std::int64_t by) {
    SHOAL_ASSERT(by >= 0 && now >= changed_);
    own_ = own(now) + by;
    changed_ = now;
  }

 private:
  std::int64_t changed_ = 0;  // true time of the last change, and what it showed then
  std::int64_t own_ = 0;
  std::int64_t rate_ = kMillion;  // microseconds in a true second
};

}  // namespace shoal::sim
