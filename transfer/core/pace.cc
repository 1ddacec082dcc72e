// SPDX-License-Identifier: Apache-2.0
#include "transfer/core/pace.h"

#include <algorithm>

#include "proto/types/limits.h"
#include "proto/types/limits_transfer.h"

namespace shoal::transfer {
namespace {

constexpr std::uint64_t kPerSecond = 1'000'000;              // of a Duration
constexpr std::uint64_t kLongest = std::uint64_t{1} << 40U;  // 12 days

}  // namespace

void Pace::on_bytes(std::uint32_t bytes, Instant now) {
  time_ += waited(now);
  bytes_ += bytes;
  arrived_ += bytes;
  since_ = std::max(since_, now);
  if (time_ > limits::kPaceTime) {
    time_ /= 2;
    bytes_ /= 2;
  }
}

// What is left of a smallest range when it was halved.
bool Pace::known() const { return bytes_ >= limits::kRangeBytesMin / 4; }

std::uint64_t Pace::rate() const {
  const auto micros = static_cast<std::uint64_t>(std::max(time_, Duration{1}).count());
  return bytes_ * kPerSecond / micros;
}

Duration Pace::time_for(std::uint64_t bytes, std::uint64_t rate) {
  const std::uint64_t micros = rate == 0 ? kLongest : bytes * kPerSecond / rate;
  return Duration{static_cast<Duration::rep>(std::min(micros, kLongest))};
}

}  // namespace shoal::transfer
