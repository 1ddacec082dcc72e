// SPDX-License-Identifier: Apache-2.0
#include "sim/engine/calendar.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <deque>
#include <map>
#include <utility>
#include <vector>

namespace shoal::sim {
namespace {

constexpr std::int64_t kSlotUs = 10;

Parcel numbered(std::uint32_t number, std::uint64_t slot) {
  Parcel parcel{};
  parcel.to = number;
  parcel.when = static_cast<std::uint64_t>(static_cast<std::int64_t>(slot) * kSlotUs + 3) << 16;
  return parcel;
}

TEST(Calendar, IsEmptyAtFirst) {
  const Calendar calendar;
  EXPECT_EQ(calendar.next(), Calendar::kNever);
}

RC_GTEST_PROP(SlotOf, Divides, ()) {
  const auto slot_us = *rc::gen::element<std::uint64_t>(1, 2, 3, 1000, 4097, 10'000, 0xffff'fffeU);
  const auto slots = *rc::gen::inRange<std::uint64_t>(0, (std::uint64_t{1} << 47) / slot_us);
  const auto first = static_cast<std::int64_t>(slots * slot_us);
  const SlotOf slot_of(slot_us);
  RC_ASSERT(slot_of(first) == slots);
  RC_ASSERT(slot_of(first + static_cast<std::int64_t>(slot_us) - 1) == slots);
  RC_ASSERT(slot_of(first + static_cast<std::int64_t>(slot_us)) == slots + 1);
}

// Oracle: a map from slots to lists.
RC_GTEST_PROP(Calendar, GivesEachSlotItsParcelsInTheOrderInWhichTheyCame, ()) {
  ChunkStore store;
  ChunkPool one(store);
  ChunkPool other(store);
  ChunkPool* pool = &one;
  ChunkPool* other_pool = &other;
  Calendar calendar;
  std::map<std::uint64_t, std::deque<std::uint32_t>> oracle;
  std::uint64_t now = 0;
  std::uint32_t number = 0;
  const auto steps = *rc::gen::inRange(1, 40).as("steps");
  for (int step = 0; step < steps; ++step) {
    const auto more = *rc::gen::inRange(0, 60).as("parcels");
    for (int i = 0; i < more; ++i) {
      const auto reach =
          *rc::gen::element<std::uint64_t>(4, 70, 5000, 300'000, 3'000'000).as("far");
      const std::uint64_t slot = now + 1 + *rc::gen::inRange<std::uint64_t>(0, reach).as("slot");
      calendar.add(*pool, slot, numbered(number, slot));
      oracle[slot].push_back(number++);
    }
    if (oracle.empty()) continue;
    if (*rc::gen::inRange(0, 8).as("moves") == 0) {
      calendar.move_to(*other_pool);
      std::swap(pool, other_pool);
    }
    // The calendar may name an earlier slot in which there is nothing.
    const std::uint64_t next = calendar.next();
    RC_ASSERT(next <= oracle.begin()->first && next >= now);
    now = next;
    std::vector<std::uint32_t> taken;
    calendar.take(*pool, now, SlotOf(kSlotUs)).drain(*pool, [&](const Parcel& parcel) {
      taken.push_back(parcel.to);
    });
    const std::deque<std::uint32_t> expected = oracle[now];
    oracle.erase(now);
    RC_ASSERT(std::vector(expected.begin(), expected.end()) == taken);
  }
  calendar.clear(*pool);
  RC_ASSERT(calendar.next() == Calendar::kNever);
}

}  // namespace
}  // namespace shoal::sim
