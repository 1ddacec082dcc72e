// SPDX-License-Identifier: Apache-2.0
#include "sim/engine/calendar.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <deque>
#include <map>
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

// Oracle: a map from slots to lists.
RC_GTEST_PROP(Calendar, GivesEachSlotItsParcelsInTheOrderInWhichTheyCame, ()) {
  ChunkStore store;
  ChunkPool pool(store);
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
      calendar.add(pool, slot, numbered(number, slot));
      oracle[slot].push_back(number++);
    }
    if (oracle.empty()) continue;
    // The calendar may name an earlier slot in which there is nothing.
    const std::uint64_t next = calendar.next();
    RC_ASSERT(next <= oracle.begin()->first && next >= now);
    now = next;
    std::vector<std::uint32_t> taken;
    calendar.take(pool, now, SlotOf(kSlotUs)).drain(pool, [&](const Parcel& parcel) {
      taken.push_back(parcel.to);
    });
    const std::deque<std::uint32_t> expected = oracle[now];
    oracle.erase(now);
    RC_ASSERT(std::vector(expected.begin(), expected.end()) == taken);
  }
  calendar.clear(pool);
  RC_ASSERT(calendar.next() == Calendar::kNever);
}

}  // namespace
}  // namespace shoal::sim
