// SPDX-License-Identifier: Apache-2.0
#include "sim/engine/calendar.h"

#include <algorithm>
#include <utility>

#include "proto/types/assert.h"

namespace shoal::sim {

ParcelList& Calendar::far_list(std::uint64_t slot) {
  far_next_ = std::min(far_next_, slot);
  return far_;
}

ParcelList Calendar::pull(unsigned level, std::uint64_t place) {
  filled_[level] &= ~(std::uint64_t{1} << place);
  return std::exchange(wheels_[level][place], {});
}

ParcelList Calendar::take(ChunkPool& pool, std::uint64_t slot, const SlotOf& slot_of) {
  const std::uint64_t differ = slot ^ now_;
  SHOAL_ASSERT(slot >= now_);
  now_ = slot;
  const auto again = [&](ParcelList list) {
    list.drain(pool, [&](const Parcel& parcel) { add(pool, slot_of(parcel.at()), parcel); });
  };
  // From the top down, so that each list moves as far as it can.
  if (differ >= 64 * 64 * 64) {
    far_next_ = kNever;
    again(std::exchange(far_, {}));
  }
  if (differ >= 64 * 64) again(pull(2, (slot >> 12) & 63));
  if (differ >= 64) again(pull(1, (slot >> 6) & 63));
  return pull(0, slot & 63);
}

void Calendar::move_to(ChunkPool& pool) {
  for (auto& wheel : wheels_) {
    for (ParcelList& list : wheel) list.move_to(pool);
  }
  far_.move_to(pool);
}

void Calendar::clear(ChunkPool& pool) {
  const auto drop = [](const Parcel& parcel) { static_cast<void>(parcel.open()); };
  for (auto& wheel : wheels_) {
    for (ParcelList& list : wheel) list.drain(pool, drop);
  }
  far_.drain(pool, drop);
  filled_ = {};
  far_next_ = kNever;
}

}  // namespace shoal::sim
