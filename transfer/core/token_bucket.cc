// SPDX-License-Identifier: Apache-2.0
#include "transfer/core/token_bucket.h"

#include <algorithm>

#include "proto/types/assert.h"
#include "proto/types/limits_transfer.h"

namespace shoal::transfer {
namespace {

constexpr std::uint64_t kMillion =
    1'000'000;  // a rate in bytes a second fills so many in a Duration

std::uint64_t capacity_of(std::uint64_t rate, std::uint64_t burst) {
  SHOAL_ASSERT(rate <= limits::kRateMax && burst > 0 && burst <= limits::kRateMax);
  return burst * kMillion;
}

}  // namespace

TokenBucket::TokenBucket(std::uint64_t rate, std::uint64_t burst, Instant now)
    : rate_(rate), capacity_(capacity_of(rate, burst)), level_(capacity_), at_(now) {}

std::uint64_t TokenBucket::level_at(Instant now) const {
  if (rate_ == 0 || now <= at_) return level_;
  const std::uint64_t room = capacity_ - level_;
  const auto passed = static_cast<std::uint64_t>((now - at_).count());
  // The division keeps the product from overflowing.
  return passed > room / rate_ ? capacity_ : level_ + passed * rate_;
}

bool TokenBucket::take(std::uint64_t bytes, Instant now) {
  if (rate_ == 0) return true;
  SHOAL_ASSERT(bytes <= capacity_ / kMillion);
  level_ = level_at(now);
  at_ = std::max(at_, now);
  if (level_ < bytes * kMillion) return false;
  level_ -= bytes * kMillion;
  return true;
}

Instant TokenBucket::ready_at(std::uint64_t bytes, Instant now) const {
  if (rate_ == 0) return now;
  SHOAL_ASSERT(bytes <= capacity_ / kMillion);
  const std::uint64_t there = level_at(now);
  const std::uint64_t need = bytes * kMillion;
  if (there >= need) return now;
  const std::uint64_t micros = (need - there + rate_ - 1) / rate_;
  return std::max(at_, now) + Duration{static_cast<Duration::rep>(micros)};
}

void TokenBucket::set(std::uint64_t rate, std::uint64_t burst, Instant now) {
  level_ = level_at(now);
  at_ = std::max(at_, now);
  capacity_ = capacity_of(rate, burst);
  level_ = rate_ == 0 ? capacity_ : std::min(level_, capacity_);
  rate_ = rate;
}

}  // namespace shoal::transfer
