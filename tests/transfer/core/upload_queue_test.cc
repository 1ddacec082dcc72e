// SPDX-License-Identifier: Apache-2.0
#include "transfer/core/upload_queue.h"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>
#include <algorithm>
#include <map>
#include <set>

#include "proto/types/rng.h"

namespace shoal::transfer {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMiB = 1U << 20U;

PeerId peer(std::uint64_t number) {
  PeerId id;
  id.bytes[0] = static_cast<std::uint8_t>(number);
  id.bytes[1] = static_cast<std::uint8_t>(number >> 8U);
  return id;
}

// A queue of one slot in which stream n belongs to peer n.
struct OneSlot {
  explicit OneSlot(std::uint64_t waiting) {
    for (std::uint64_t i = 0; i <= waiting; ++i) {
      EXPECT_TRUE(queue.enter({i}, peer(i), Instant{}));
    }
    EXPECT_EQ(queue.next(Instant{}), UploadRef{0});
    EXPECT_EQ(queue.next(Instant{}), std::nullopt);
  }
  std::uint32_t position(std::uint64_t stream) const {
    const auto place = queue.place({stream});
    return place ? place->position : 0;
  }
  UploadQueue queue{{.all = 1}};
};

TEST(UploadQueue, ServesWhoComesFirst) {
  OneSlot one(3);
  EXPECT_EQ(one.position(1), 1U);
  EXPECT_EQ(one.position(3), 3U);
  EXPECT_EQ(one.position(0), 0U);
  one.queue.end_turn({0}, Instant(1s));
  EXPECT_EQ(one.queue.next(Instant(1s)), UploadRef{1});
  EXPECT_EQ(one.position(3), 2U);
}

TEST(UploadQueue, ATurnLastsAsLongAsNobodyElseWants) {
  UploadQueue queue({.all = 1});
  ASSERT_TRUE(queue.enter({1}, peer(1), Instant{}));
  ASSERT_EQ(queue.next(Instant{}), UploadRef{1});
  queue.on_sent({1}, 1000 * kMiB);
  EXPECT_FALSE(queue.over({1}, Instant(1h)));
  EXPECT_FALSE(queue.idle_too_long(Instant(1h)));
  ASSERT_TRUE(queue.enter({2}, peer(2), Instant(1h)));
  EXPECT_TRUE(queue.over({1}, Instant(1h)));
  EXPECT_TRUE(queue.must_end({1}, Instant(1h)));
}

TEST(UploadQueue, ATurnEndsByBytesOrTimeAndTheNextBegins) {
  OneSlot one(1);
  one.queue.on_sent({0}, limits::kTurnBytes - 1);
  EXPECT_FALSE(one.queue.over({0}, Instant(1s)));
  EXPECT_TRUE(one.queue.over({0}, Instant(limits::kTurnTime)));
  one.queue.on_sent({0}, 1);
  EXPECT_TRUE(one.queue.over({0}, Instant(1s)));
  EXPECT_FALSE(one.queue.must_end({0}, Instant(1s)));
  one.queue.end_turn({0}, Instant(1s));
  ASSERT_TRUE(one.queue.enter({0}, peer(0), Instant(1s)));
  EXPECT_EQ(one.queue.next(Instant(1s)), UploadRef{1});
  EXPECT_EQ(one.position(0), 1U);
}

TEST(UploadQueue, ASlotThatNobodyUsesGoesToTheNext) {
  OneSlot one(1);
  EXPECT_EQ(one.queue.deadline(), Instant(limits::kTurnIdle));
  one.queue.on_busy({0});
  EXPECT_EQ(one.queue.deadline(), std::nullopt);
  one.queue.on_idle({0}, Instant(10s));
  one.queue.on_idle({0}, Instant(11s));  // since the first
  EXPECT_FALSE(one.queue.idle_too_long(Instant(11s)));
  EXPECT_EQ(one.queue.idle_too_long(Instant(10s + limits::kTurnIdle)), UploadRef{0});
}

TEST(UploadQueue, WhoNeedsNothingGivesItsSlotToTheNextSooner) {
  OneSlot one(1);
  one.queue.on_busy({0});
  one.queue.on_idle({0}, Instant(1s));
  EXPECT_TRUE(one.queue.on_rest({0}, Instant(2s)));
  EXPECT_FALSE(one.queue.on_rest({0}, Instant(2100ms)));  // saying it again changes nothing
  EXPECT_EQ(one.queue.deadline(), Instant(2250ms));
  EXPECT_EQ(one.queue.idle_too_long(Instant(2249ms)), std::nullopt);
  EXPECT_EQ(one.queue.idle_too_long(Instant(2250ms)), UploadRef{0});
  // What it asks for afterwards takes it back.
  one.queue.on_busy({0});
  EXPECT_EQ(one.queue.deadline(), std::nullopt);
  one.queue.on_idle({0}, Instant(3s));
  EXPECT_EQ(one.queue.deadline(), Instant(5s));
}

TEST(UploadQueue, WhoNeedsNothingMoreKeepsItsSlotUntilAllThatItAskedForIsSent) {
  OneSlot one(1);
  one.queue.on_busy({0});
  EXPECT_TRUE(one.queue.on_rest({0}, Instant(2s)));
  EXPECT_EQ(one.queue.deadline(), std::nullopt);
  EXPECT_EQ(one.queue.idle_too_long(Instant(10s)), std::nullopt);
  one.queue.on_idle({0}, Instant(12s));
  EXPECT_EQ(one.queue.deadline(), Instant(12s + limits::kTurnRest));
}

TEST(UploadQueue, APeerHoldsNoMoreThanItsSlotsAndHoldsUpNobody) {
  UploadQueue queue({.all = 4, .each = 2});
  for (std::uint64_t i = 0; i < 5; ++i) ASSERT_TRUE(queue.enter({i}, peer(7), Instant{}));
  ASSERT_TRUE(queue.enter({9}, peer(8), Instant{}));
  EXPECT_EQ(queue.next(Instant{}), UploadRef{0});
  EXPECT_EQ(queue.next(Instant{}), UploadRef{9});  // peers take turns
  EXPECT_EQ(queue.next(Instant{}), UploadRef{1});
  EXPECT_EQ(queue.next(Instant{}), std::nullopt);
  // Nobody else could use its slots but itself.
  queue.on_sent({9}, 2 * limits::kTurnBytes);
  queue.on_sent({0}, limits::kTurnBytes);
  EXPECT_FALSE(queue.over({9}, Instant{}));
  EXPECT_TRUE(queue.over({0}, Instant{}));
}

TEST(UploadQueue, ASpareTurnBeginsAtOnceAndOnlyWhileNobodyWaits) {
  UploadQueue queue({.all = 3, .each = 2});
  ASSERT_TRUE(queue.enter({0}, peer(0), Instant{}));
  EXPECT_FALSE(queue.enter_spare({1}, peer(0), Instant{}));
  ASSERT_EQ(queue.next(Instant{}), UploadRef{0});
  EXPECT_TRUE(queue.enter_spare({1}, peer(0), Instant{}));
  EXPECT_FALSE(queue.enter_spare({2}, peer(0), Instant{}));  // it has all that a peer may have
  ASSERT_TRUE(queue.enter({3}, peer(3), Instant{}));
  ASSERT_EQ(queue.next(Instant{}), UploadRef{3});
  EXPECT_FALSE(queue.enter_spare({4}, peer(3), Instant{}));  // no slot is free
  EXPECT_EQ(queue.served(), 3U);
  EXPECT_EQ(queue.waiting(), 0U);
}

TEST(UploadQueue, ASpareTurnIsOverAsSoonAsSomebodyElseWaits) {
  UploadQueue queue({.all = 2, .each = 2});
  ASSERT_TRUE(queue.enter({0}, peer(0), Instant{}));
  ASSERT_EQ(queue.next(Instant{}), UploadRef{0});
  ASSERT_TRUE(queue.enter_spare({1}, peer(0), Instant{}));
  queue.on_busy({0});
  queue.on_busy({1});
  EXPECT_FALSE(queue.over({1}, Instant(1h)));
  ASSERT_TRUE(queue.enter({2}, peer(2), Instant(1s)));
  EXPECT_EQ(queue.next(Instant(1s)), std::nullopt);
  EXPECT_TRUE(queue.over({1}, Instant(1s)));
  EXPECT_FALSE(queue.over({0}, Instant(1s)));
  EXPECT_FALSE(queue.idle_too_long(Instant(1s)));  // a piece is under way
  queue.on_idle({1}, Instant(2s));
  EXPECT_EQ(queue.idle_too_long(Instant(2s)), UploadRef{1});
  queue.end_turn({1}, Instant(2s));
  EXPECT_EQ(queue.next(Instant(2s)), UploadRef{2});
  EXPECT_FALSE(queue.place({2}));
}

TEST(UploadQueue, ASpareTurnThatIsCutOffKeepsNoPlace) {
  UploadQueue queue({.all = 2, .each = 2});
  ASSERT_TRUE(queue.enter({0}, peer(0), Instant{}));
  ASSERT_EQ(queue.next(Instant{}), UploadRef{0});
  ASSERT_TRUE(queue.enter_spare({1}, peer(0), Instant{}));
  queue.leave({1}, Instant{});
  ASSERT_TRUE(queue.enter({2}, peer(2), Instant{}));
  ASSERT_EQ(queue.next(Instant{}), UploadRef{2});
  ASSERT_TRUE(queue.enter({3}, peer(3), Instant{}));
  ASSERT_TRUE(queue.enter({4}, peer(0), Instant{}));
  EXPECT_EQ(queue.place({3})->position, 1U);
}

TEST(UploadQueue, WhoIsCutOffKeepsItsPlaceForFiveMinutes) {
  OneSlot one(3);
  one.queue.leave({1}, Instant(1s));
  EXPECT_EQ(one.position(2), 1U);  // it is passed meanwhile
  one.queue.end_turn({0}, Instant(2s));
  EXPECT_EQ(one.queue.next(Instant(2s)), UploadRef{2});
  ASSERT_TRUE(one.queue.enter({11}, peer(1), Instant(1s) + limits::kPlaceKept - 1us));
  EXPECT_EQ(one.position(11), 1U);
  EXPECT_EQ(one.position(3), 2U);
}

TEST(UploadQueue, AfterFiveMinutesThePlaceIsLost) {
  OneSlot one(3);
  one.queue.leave({1}, Instant(1s));
  ASSERT_TRUE(one.queue.enter({11}, peer(1), Instant(1s) + limits::kPlaceKept));
  EXPECT_EQ(one.position(11), 3U);
}

TEST(UploadQueue, WhoIsCutOffInItsTurnGetsTheRestOfItNext) {
  OneSlot one(2);
  one.queue.on_sent({0}, limits::kTurnBytes - 5);
  one.queue.leave({0}, Instant(4s));
  EXPECT_EQ(one.queue.next(Instant(4s)), UploadRef{1});
  ASSERT_TRUE(one.queue.enter({10}, peer(0), Instant(60s)));
  EXPECT_EQ(one.position(10), 1U);
  one.queue.end_turn({1}, Instant(60s));
  ASSERT_EQ(one.queue.next(Instant(60s)), UploadRef{10});
  one.queue.on_sent({10}, 5);
  EXPECT_TRUE(one.queue.over({10}, Instant(60s)));
}

TEST(UploadQueue, ATurnThatWasUsedUpKeepsNoPlace) {
  OneSlot one(2);
  one.queue.on_sent({0}, limits::kTurnBytes);
  one.queue.leave({0}, Instant(4s));
  ASSERT_TRUE(one.queue.enter({10}, peer(0), Instant(5s)));
  EXPECT_EQ(one.position(10), 3U);
}

TEST(UploadQueue, TellsWhenTheTurnComesAsTurnsWentLately) {
  OneSlot one(3);
  EXPECT_FALSE(one.queue.place({3})->eta);
  one.queue.end_turn({0}, Instant(8s));
  ASSERT_EQ(one.queue.next(Instant(8s)), UploadRef{1});
  EXPECT_EQ(one.queue.place({3})->eta, Duration(16s));
  one.queue.end_turn({1}, Instant(12s));  // 4 s: the mean moves a quarter of the way
  EXPECT_EQ(one.queue.place({3})->eta, Duration(14s));
}

TEST(UploadQueue, IsBoundedAndKeptPlacesGiveWay) {
  UploadQueue queue({.all = 1});
  std::uint64_t stream = 0;
  for (std::size_t i = 0; i < limits::kUploadsWaitingPerPeer; ++i) {
    ASSERT_TRUE(queue.enter({stream++}, peer(0), Instant{}));
  }
  EXPECT_FALSE(queue.enter({stream++}, peer(0), Instant{}));
  for (std::uint64_t who = 1; queue.waiting() < limits::kUploadsWaiting; ++who) {
    ASSERT_TRUE(queue.enter({stream++}, peer(who), Instant{}));
  }
  EXPECT_FALSE(queue.enter({stream}, peer(999), Instant{}));
  queue.leave({stream - 1}, Instant{});
  EXPECT_TRUE(queue.enter({stream}, peer(999), Instant{}));
}

// Whatever comes and goes: slots and peers' slots hold, no stream is lost or named twice, nobody
// waits while it could be served, places are those in which the streams are then served, and each
// is served after at most one turn of every peer that waits. Spare turns are held by nobody while
// somebody waits for them, longer than until their end.
RC_GTEST_PROP(UploadQueue, KeepsItsRulesAndStarvesNobody, ()) {
  const auto slots = *rc::gen::inRange<std::uint32_t>(1, 9).as("slots");
  const auto each = *rc::gen::inRange<std::uint32_t>(1, 4).as("slots of a peer");
  const auto peers = *rc::gen::inRange<std::uint64_t>(1, 20).as("peers");
  const auto seed = *rc::gen::arbitrary<std::uint64_t>().as("seed");
  Rng rng(seed);
  UploadQueue queue({.all = slots, .each = each});
  Instant now{};
  std::map<std::uint64_t, std::uint64_t> waits;   // stream -> peer
  std::map<std::uint64_t, std::uint64_t> served;  // stream -> peer
  const auto serve = [&] {
    while (const auto next = queue.next(now)) {
      RC_ASSERT(queue.place(*next) == std::nullopt);
      const auto found = waits.find(next->value);
      RC_ASSERT(found != waits.end());
      served.insert(*found);
      waits.erase(found);
    }
    std::map<std::uint64_t, std::uint32_t> held;
    for (const auto& [stream, whose] : served) ++held[whose];
    for (const auto& [whose, count] : held) RC_ASSERT(count <= each);
    RC_ASSERT(served.size() <= slots);
    if (served.size() == slots) return;
    for (const auto& [stream, whose] : waits) RC_ASSERT(held[whose] == each);
  };
  const auto held_by = [&](std::uint64_t whose) {
    return std::ranges::count_if(served, [&](const auto& one) { return one.second == whose; });
  };
  const auto end_one = [&] {
    auto one = served.begin();
    std::advance(one, static_cast<std::ptrdiff_t>(rng.below(served.size())));
    queue.end_turn({one->first}, now);
    served.erase(one);
  };
  for (std::uint64_t step = 0; step < 200; ++step) {
    now += Duration{static_cast<Duration::rep>(rng.below(2'000'000))};
    if (rng.below(3) == 0) {
      const std::uint64_t whose = rng.below(peers);
      const bool given = queue.enter_spare({1000 + step}, peer(whose), now);
      RC_ASSERT(!given || waits.empty());
      if (given) served[1000 + step] = whose;
    }
    for (auto one = served.lower_bound(1000); one != served.end();) {
      if (!queue.over({one->first}, now)) {
        ++one;
        continue;
      }
      queue.end_turn({one->first}, now);
      one = served.erase(one);
      serve();
    }
    if (served.lower_bound(1000) != served.end()) {
      for (const auto& [stream, whose] : waits) RC_ASSERT(held_by(whose) == each);
    }
    switch (rng.below(4)) {
      case 0:
      case 1: {
        const std::uint64_t whose = rng.below(peers);
        if (queue.enter({step}, peer(whose), now)) waits[step] = whose;
        break;
      }
      case 2:
        if (!served.empty()) end_one();
        break;
      default:
        if (!waits.empty() && rng.below(2) == 0) {
          auto one = waits.begin();
          std::advance(one, static_cast<std::ptrdiff_t>(rng.below(waits.size())));
          queue.leave({one->first}, now);
          waits.erase(one);
        } else if (!served.empty()) {
          queue.leave({served.begin()->first}, now);
          served.erase(served.begin());
        }
    }
    serve();
    RC_ASSERT(queue.waiting() == waits.size());
    std::set<std::uint32_t> positions;
    for (const auto& [stream, whose] : waits) positions.insert(queue.place({stream})->position);
    RC_ASSERT(positions.size() == waits.size());
    if (!waits.empty()) RC_ASSERT(*positions.rbegin() == waits.size());
  }
  // Newcomers without end: whoever waits now is served within a turn of each peer before it.
  const auto old = waits;
  std::uint64_t stranger = 2000;
  for (std::uint64_t turns = 0; turns < old.size() + 2 * slots; ++turns) {
    if (queue.enter({stranger}, peer(stranger), now)) waits[stranger] = stranger;
    ++stranger;
    if (served.empty()) break;
    // The oldest turn ends, so that no peer's cap is in the way for ever.
    queue.end_turn({served.begin()->first}, now);
    served.erase(served.begin());
    serve();
  }
  std::map<std::uint64_t, std::uint64_t> left;
  for (const auto& [stream, whose] : old) {
    if (waits.contains(stream)) ++left[whose];
  }
  for (const auto& [whose, count] : left) {
    // Every peer had a turn; what is left is a peer's own queue of several streams.
    const auto before =
        std::ranges::count_if(old, [&](const auto& o) { return o.second == whose; });
    RC_ASSERT(count < static_cast<std::uint64_t>(before));
  }
}

}  // namespace
}  // namespace shoal::transfer
