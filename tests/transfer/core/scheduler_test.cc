// SPDX-License-Identifier: Apache-2.0
#include "transfer/core/scheduler.h"

#include <gtest/gtest.h>

#include "proto/types/limits.h"
#include "proto/types/limits_transfer.h"

namespace shoal::transfer {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kMiB = 1U << 20U;
constexpr SourceRef kSlow{0};
constexpr SourceRef kFast{1};

PieceMap only(const Layout& layout, std::initializer_list<std::uint32_t> pieces) {
  PieceMap map(layout.pieces);
  for (const std::uint32_t piece : pieces) map.add(piece);
  return map;
}

class Asked : public testing::Test {
 protected:
  void want_all() {
    for (std::uint32_t piece = 0; piece < layout.pieces; ++piece) scheduler.want(piece);
  }
  /// What is asked at `now`, by source.
  std::vector<AskRange> ask(Instant now, SourceRef source) {
    Effects effects;
    scheduler.ask(now, limits::kSyncBytes, effects);
    std::vector<AskRange> found;
    for (const Effect& one : effects) {
      const auto* asked = std::get_if<AskRange>(&one);
      if (asked != nullptr && asked->source == source) found.push_back(*asked);
    }
    return found;
  }

  Layout layout{8 * std::uint64_t{kMiB}};
  Scheduler scheduler{layout};
};

TEST_F(Asked, AsksAStrangerForLittleAtATimeButEnoughForItsWay) {
  want_all();
  scheduler.add(kSlow, std::nullopt);
  const auto asked = ask({}, kSlow);
  ASSERT_EQ(asked.size(), limits::kRangesAskedFirst);
  for (const AskRange& one : asked) EXPECT_EQ(one.length, limits::kRangeBytesMin);
}

// Answers of one second each would look like silence.
TEST_F(Asked, AsksForWhatASourceSendsInAQuarterOfASecond) {
  for (const std::uint64_t rate : {100'000U, 1'000'000U, 3'000'000U, 100'000'000U}) {
    Scheduler tried(Layout{256 * std::uint64_t{kMiB}});
    for (std::uint32_t piece = 0; piece < 256; ++piece) tried.want(piece);
    tried.add(kSlow, std::nullopt);
    Effects effects;
    Instant now{};
    tried.ask(now, limits::kSyncBytes, effects);
    std::uint32_t last = 0;
    for (std::size_t i = 0; i < 60; ++i) {
      const auto* asked = std::get_if<AskRange>(&effects.at(i));
      ASSERT_NE(asked, nullptr);
      const AskRange one = *asked;
      last = one.length;
      now += Pace::time_for(one.length, rate);
      const auto taken = tried.on_chunk(one.source, one.offset, one.length, now);
      ASSERT_NE(taken, Scheduler::Taken::kRejected);
      const auto piece = static_cast<std::uint32_t>(one.offset / kMiB);
      if (taken == Scheduler::Taken::kWholePiece) {
        tried.prove(piece);
        tried.settle(piece);
      }
      tried.ask(now, limits::kSyncBytes, effects);
    }
    EXPECT_LE(last, std::max<std::uint64_t>(rate / 4, limits::kRangeBytesMin)) << rate;
    EXPECT_GT(2 * last, std::min<std::uint64_t>(rate / 4, limits::kRangeBytes)) << rate;
  }
}

class Moved : public Asked {
 protected:
  /// The slow source has been asked for piece 0 alone, which the fast one has as well; piece 1 has
  /// nobody, or is not wanted.
  void begin(bool another_is_wanted) {
    scheduler.want(0);
    if (another_is_wanted) scheduler.want(1);
    scheduler.add(kSlow, only(layout, {0}));
    EXPECT_FALSE(ask({}, kSlow).empty());
    scheduler.add(kFast, only(layout, {0}));
  }
  bool moves(Instant now) { return !ask(now, kFast).empty(); }
};

TEST_F(Moved, APieceGoesToAnIdleSourceWhenNothingElseIsWanted) {
  begin(false);
  EXPECT_FALSE(moves(Instant{1s}));
  EXPECT_EQ(scheduler.ask_again_at(), Instant{1s} + limits::kMoveCheck);
  EXPECT_FALSE(moves(Instant{} + 2 * limits::kFirstBytesTime));  // the other may be no faster
  EXPECT_TRUE(moves(Instant{} + 2 * limits::kFirstBytesTime + 2 * limits::kMoveMargin));
}

// Two busy sources, each of which looks faster while it is idle.
TEST_F(Moved, APieceHasToGainTwiceAsMuchEachTimeThatItMoves) {
  begin(false);
  Instant now{};
  SourceRef holder = kSlow;
  SourceRef idle = kFast;
  Duration before{};
  for (int times = 0; times < 6; ++times) {
    const Instant since = now;
    while (ask(now, idle).empty()) {
      now += limits::kMoveCheck;
      ASSERT_LT(now - since, 10min);
    }
    // What the last one was asked for comes after all, so it is idle again.
    scheduler.remove(holder);
    scheduler.add(holder, only(layout, {0}));
    EXPECT_GE(now - since, 2 * before - 2 * limits::kMoveCheck);
    before = now - since;
    std::swap(holder, idle);
  }
}

// Whoever could give the other piece would have to give this one twice.
TEST_F(Moved, WhileOthersAreWantedOnlyFromASourceThatIsStalled) {
  begin(true);
  EXPECT_FALSE(moves(Instant{} + limits::kStalledTime - 1ms));
  EXPECT_TRUE(moves(Instant{} + limits::kStalledTime));
}

TEST_F(Moved, WhatAReaderNeedsMovesAlsoWhileOthersAreWanted) {
  begin(true);
  scheduler.wish(7, 0, 1);
  EXPECT_TRUE(moves(Instant{} + 2 * limits::kFirstBytesTime + 2 * limits::kMoveMargin));
}

}  // namespace
}  // namespace shoal::transfer
