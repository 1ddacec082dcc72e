// SPDX-License-Identifier: Apache-2.0
#include "transfer/core/meter.h"

#include <algorithm>

namespace shoal::transfer {
namespace {

constexpr auto kCount = static_cast<std::int64_t>(Meter::kSlots);

std::size_t index(std::int64_t slot) { return static_cast<std::size_t>(slot % kCount); }

}  // namespace

void Meter::add(std::uint64_t bytes, Instant now) {
  const std::int64_t slot = slot_of(now);
  if (bytes_ == 0) {
    if (bytes == 0) return;
    first_ = latest_ = slot;
  }
  // Slots that nothing was added in hold what came a round earlier.
  for (auto old = std::max(latest_ + 1, slot - kCount + 1); old <= slot; ++old) {
    slots_[index(old)] = 0;
  }
  latest_ = std::max(latest_, slot);
  slots_[index(slot)] += bytes;
  bytes_ += bytes;
}

std::uint64_t Meter::rate(Instant now) const {
  if (bytes_ == 0) return 0;
  const std::int64_t slot = slot_of(now);
  std::uint64_t recent = 0;
  for (auto one = std::max(first_, slot - kCount + 1); one <= std::min(slot, latest_); ++one) {
    recent += slots_[index(one)];
  }
  constexpr std::int64_t kPerSecond = std::chrono::seconds(1) / kSlot;
  const std::int64_t span = std::clamp(slot - first_ + 1, kPerSecond, kCount);
  return recent * static_cast<std::uint64_t>(kPerSecond) / static_cast<std::uint64_t>(span);
}

}  // namespace shoal::transfer
