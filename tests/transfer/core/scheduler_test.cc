// SPDX-License-Identifier: Apache-2.0
#include "transfer/core/scheduler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <vector>

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

// Else what a reader needs would wait behind all that was asked for during the burst.
TEST_F(Asked, HasNoMoreOpenAtASourceThatBeginsWithABurstThanAsMuchAgain) {
  Scheduler tried(Layout{256 * std::uint64_t{kMiB}});
  for (std::uint32_t piece = 0; piece < 256; ++piece) tried.want(piece);
  tried.add(kSlow, std::nullopt);
  Effects effects;
  Instant now{};
  std::uint64_t open = 0;
  std::uint64_t came = 0;
  std::size_t told = 0;
  for (std::size_t i = 0; came < 64 * std::uint64_t{kMiB}; ++i) {
    tried.ask(now, limits::kSyncBytes, effects);
    for (; told < effects.size(); ++told) open += std::get<AskRange>(effects[told]).length;
    EXPECT_LE(open, came + limits::kRangesAskedFirst * limits::kRangeBytesMin);
    const AskRange one = std::get<AskRange>(effects.at(i));
    now += Pace::time_for(one.length, 1'000'000'000);
    if (tried.on_chunk(one.source, one.offset, one.length, now) == Scheduler::Taken::kWholePiece) {
      tried.prove(static_cast<std::uint32_t>(one.offset / kMiB));
      tried.settle(static_cast<std::uint32_t>(one.offset / kMiB));
    }
    came += one.length;
    open -= one.length;
  }
  // And all that there may be at one that goes on like that.
  EXPECT_EQ(open + limits::kRangeBytes, limits::kRangesAsked * limits::kRangeBytes);
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

// Sources that send at a steady rate, each what it was asked for, one range after the other.
class AtRates {
 public:
  AtRates(std::uint64_t length, std::vector<std::uint64_t> rates)
      : layout_(length), scheduler_(layout_), rates_(std::move(rates)), lines_(rates_.size()) {
    for (std::uint32_t piece = 0; piece < layout_.pieces; ++piece) scheduler_.want(piece);
  }
  void add(std::uint32_t source) { scheduler_.add(SourceRef{source}, std::nullopt); }
  /// Until then. What comes whole is right, and leaves the memory at once.
  void run(Instant until) {
    while (true) {
      ask();
      auto next = until;
      std::size_t from = lines_.size();
      for (std::size_t at = 0; at < lines_.size(); ++at) {
        if (lines_[at].asked.empty() || lines_[at].due >= next) continue;
        next = lines_[at].due;
        from = at;
      }
      const auto again = scheduler_.ask_again_at();
      if (again && *again > now_ && *again < next) {
        now_ = *again;
        continue;
      }
      now_ = next;
      if (from == lines_.size()) return;
      came(from);
    }
  }
  [[nodiscard]] std::uint64_t bytes_of(std::size_t source) const { return lines_[source].useful; }

 private:
  struct Line {
    std::deque<AskRange> asked;
    Instant due{};
    std::uint64_t useful = 0;
  };
  void ask() {
    Effects effects;
    scheduler_.ask(now_, limits::kSyncBytes, effects);
    for (const Effect& one : effects) {
      const auto* asked = std::get_if<AskRange>(&one);
      if (asked == nullptr) continue;
      Line& line = lines_[asked->source.value];
      line.asked.push_back(*asked);
      if (line.asked.size() == 1) begin(line, rates_[asked->source.value]);
    }
    ASSERT_LE(scheduler_.memory(), limits::kSyncBytes);
  }
  void begin(Line& line, std::uint64_t rate) {
    line.due = now_ + Pace::time_for(line.asked.front().length, rate);
  }
  void came(std::size_t from) {
    Line& line = lines_[from];
    const AskRange one = line.asked.front();
    line.asked.pop_front();
    if (!line.asked.empty()) begin(line, rates_[from]);
    const auto taken = scheduler_.on_chunk(one.source, one.offset, one.length, now_);
    ASSERT_NE(taken, Scheduler::Taken::kRejected);
    if (taken != Scheduler::Taken::kUnneeded) line.useful += one.length;
    if (taken != Scheduler::Taken::kWholePiece) return;
    const std::uint32_t piece = layout_.piece_of(one.offset);
    scheduler_.prove(piece);
    scheduler_.settle(piece);
  }

  Layout layout_;
  Scheduler scheduler_;
  std::vector<std::uint64_t> rates_;
  std::vector<Line> lines_;
  Instant now_{};
};

TEST_F(Asked, ASourceThatHasNothingMoreToSendIsToldSoOnce) {
  scheduler.want(0);
  scheduler.want(1);
  scheduler.add(kSlow, only(layout, {0}));
  scheduler.add(kFast, only(layout, {2}));
  const auto rests = [&] {
    Effects effects;
    scheduler.ask({}, limits::kSyncBytes, effects);
    scheduler.rest(effects);
    return std::ranges::count(effects, Effect{Rest{kFast}});
  };
  EXPECT_EQ(rests(), 1);
  EXPECT_EQ(rests(), 0);
  ASSERT_TRUE(scheduler.add_piece(kFast, 1));
  EXPECT_EQ(rests(), 0);
  // Gone and come again, it is told again.
  scheduler.remove(kFast);
  scheduler.add(kFast, only(layout, {2}));
  EXPECT_EQ(rests(), 1);
}

// Else whatever is half there would go to whoever begins a turn, and be sent anew.
TEST_F(Asked, HowFastASourceIsIsKnownInItsNextTurn) {
  want_all();
  scheduler.add(kSlow, std::nullopt);
  const auto first = ask({}, kSlow);
  ASSERT_FALSE(first.empty());
  for (std::size_t i = 0; i < first.size(); ++i) {
    scheduler.on_chunk(kSlow, first[i].offset, first[i].length, Instant((i + 1) * 20ms));
  }
  scheduler.remove(kSlow);
  scheduler.add(kSlow, std::nullopt);
  // 64 KiB in 20 ms: more than a stranger is asked for.
  EXPECT_GT(ask(Instant(1s), kSlow).front().length, limits::kRangeBytesMin);
}

// Four of the largest pieces are all the room.
TEST(SlowSources, ThatFillTheRoomDoNotKeepAFastOneOut) {
  constexpr std::uint64_t kFastRate = 20'000'000;
  AtRates world(std::uint64_t{40} << 30U, {10'000, 10'000, 10'000, 10'000, kFastRate});
  for (std::uint32_t slow = 0; slow < 4; ++slow) world.add(slow);
  world.run(Instant{1s});
  world.add(4);
  world.run(Instant{61s});
  EXPECT_GT(world.bytes_of(4), 45 * kFastRate);
}

TEST(SlowSources, KeepWhatTheyHaveWhileThereIsRoomForAFastOne) {
  AtRates world(std::uint64_t{1} << 30U, {100'000, 100'000, 100'000, 100'000, 20'000'000});
  for (std::uint32_t source = 0; source < 5; ++source) world.add(source);
  world.run(Instant{30s});
  for (std::size_t slow = 0; slow < 4; ++slow) EXPECT_GT(world.bytes_of(slow), 25 * 100'000U);
}

}  // namespace
}  // namespace shoal::transfer
