// SPDX-License-Identifier: Apache-2.0
#include "transfer/core/spread.h"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>
#include <algorithm>
#include <map>
#include <set>

#include "proto/types/limits.h"
#include "transfer/core/scheduler.h"
#include "transfer/core/upload.h"

namespace shoal::transfer {
namespace {

constexpr std::uint64_t kMiB = 1U << 20U;

PeerId peer(std::uint8_t number) {
  PeerId id;
  id.bytes[0] = number;
  return id;
}

std::vector<std::uint32_t> pieces_of(const PieceMap& map) {
  std::vector<std::uint32_t> found;
  for (auto piece = map.next(0); piece; piece = map.next(*piece + 1)) found.push_back(*piece);
  return found;
}

using Pieces = std::vector<std::uint32_t>;

TEST(Spread, WhoIsServedAloneHearsNothingAlsoByTwoStreams) {
  Spread spread(8);
  EXPECT_EQ(spread.begin({1}, peer(1)), std::nullopt);
  EXPECT_TRUE(spread.on_asked({1}, 3).empty());
  EXPECT_EQ(spread.begin({2}, peer(1)), std::nullopt);
  EXPECT_TRUE(spread.on_asked({1}, 4).empty());
  EXPECT_TRUE(spread.take_news({2}).empty());
}

TEST(Spread, OthersHearOnceWhatOneAsksFor) {
  Spread spread(8);
  spread.begin({1}, peer(1));
  spread.on_asked({1}, 3);
  const auto told = spread.begin({2}, peer(2));
  ASSERT_TRUE(told);
  EXPECT_EQ(pieces_of(*told), Pieces{3});
  EXPECT_EQ(spread.on_asked({1}, 5), std::vector{UploadRef{2}});
  EXPECT_EQ(spread.take_news({2}), Pieces{5});
  EXPECT_TRUE(spread.take_news({2}).empty());
  EXPECT_EQ(spread.on_asked({2}, 6), std::vector{UploadRef{1}});
  // Another peer asks for what was told.
  spread.begin({3}, peer(3));
  EXPECT_EQ(spread.on_asked({3}, 5), std::vector{UploadRef{1}});
}

TEST(Spread, WhatWasAskedForAndNotSentWasNotGiven) {
  Spread spread(8);
  spread.begin({1}, peer(1));
  spread.begin({2}, peer(2));
  spread.on_asked({1}, 3);
  spread.on_asked({1}, 4);
  spread.on_sent({1}, 3);
  spread.end({1});
  EXPECT_EQ(pieces_of(*spread.begin({3}, peer(3))), Pieces{3});
}

TEST(Spread, OfTooManyThatWereNeverSentTheEldestCountAsGiven) {
  constexpr auto kMost = static_cast<std::uint32_t>(limits::kUploadRequests);
  Spread spread(2 * kMost);
  spread.begin({1}, peer(1));
  for (std::uint32_t piece = 0; piece <= kMost; ++piece) spread.on_asked({1}, piece);
  spread.end({1});
  spread.begin({2}, peer(2));
  EXPECT_EQ(pieces_of(*spread.begin({3}, peer(3))), Pieces{0});
}

TEST(Spread, WhenAllWereGivenOnceThoseGivenTwiceAreTold) {
  Spread spread(3);
  spread.begin({1}, peer(1));
  for (const std::uint32_t piece : {0U, 1U, 2U}) {
    spread.on_asked({1}, piece);
    spread.on_sent({1}, piece);
  }
  spread.on_asked({1}, 1);
  EXPECT_EQ(pieces_of(*spread.begin({2}, peer(2))), Pieces{1});
}

// Against a recount of all that ever happened.
RC_GTEST_PROP(Spread, TellsOfEveryTurnWhatWasGivenMoreThanTheLeast, ()) {
  const auto count = *rc::gen::inRange<std::uint32_t>(1, 6).as("pieces");
  const auto steps = *rc::gen::container<std::vector<std::uint32_t>>(
                          rc::gen::inRange<std::uint32_t>(0, 4 * 5 * count))
                          .as("steps");
  Spread spread(count);
  std::map<std::uint64_t, std::set<std::uint32_t>> open;  // by turn
  std::vector<int> given(count);
  spread.begin({1000}, peer(200));
  std::uint64_t next = 2000;
  for (const std::uint32_t step : steps) {
    const std::uint64_t turn = step % 4;
    const std::uint32_t piece = step / 20;
    const bool served = open.contains(turn);
    if (!served) {
      spread.begin({turn}, peer(static_cast<std::uint8_t>(turn)));
      open[turn];
    } else if (const auto what = step / 4 % 5; what < 3) {
      spread.on_asked({turn}, piece);
      if (open[turn].insert(piece).second) ++given[piece];
    } else if (what == 3) {
      spread.on_sent({turn}, piece);
      open[turn].erase(piece);
    } else {
      spread.end({turn});
      for (const std::uint32_t one : open[turn]) --given[one];
      open.erase(turn);
    }
    const auto told = spread.begin({next}, peer(100));
    spread.end({next++});
    const int least = *std::ranges::min_element(given);
    for (std::uint32_t one = 0; one < count; ++one) {
      RC_ASSERT(told->has(one) == (given[one] > least));
    }
  }
}

TEST(Given, IsToldAheadOfTheAnswersThatWait) {
  Upload upload(Layout(4 * kMiB));
  ASSERT_TRUE(upload.on_range_request(0, 1000));
  upload.on_read(upload.next_read()->number);
  upload.on_given({2, 3});
  EXPECT_EQ(std::get<Upload::Given>(*upload.next_send()).pieces, (Pieces{2, 3}));
  upload.on_sent();
  EXPECT_TRUE(std::holds_alternative<Upload::Read>(*upload.next_send()));
}

// The piece that a fresh fetcher asks a holder of all for.
std::uint32_t first_asked(Scheduler& scheduler, const Layout& layout) {
  for (std::uint32_t piece = 0; piece < layout.pieces; ++piece) scheduler.want(piece);
  Effects effects;
  scheduler.ask(Instant{}, 64 * kMiB, effects);
  return layout.piece_of(std::get<AskRange>(effects.at(0)).offset);
}

TEST(Given, ComesAfterWhatNobodyWasGiven) {
  const Layout layout(6 * kMiB);
  PieceMap given(layout.pieces);
  for (const std::uint32_t piece : {0U, 1U, 2U, 4U, 5U}) given.add(piece);
  for (std::uint64_t salt = 0; salt < 20; ++salt) {
    Scheduler scheduler(layout, salt);
    scheduler.add({1}, std::nullopt, given);
    EXPECT_EQ(first_asked(scheduler, layout), 3U);
  }
  Scheduler later(layout, 1);
  later.add({1}, std::nullopt);
  for (const std::uint32_t piece : {0U, 1U, 2U, 3U, 4U}) EXPECT_TRUE(later.add_given({1}, piece));
  EXPECT_EQ(first_asked(later, layout), 5U);
}

TEST(Given, ThoseWhoBeginTogetherBeginWithDifferentPieces) {
  const Layout layout(64 * kMiB);
  std::set<std::uint32_t> begun;
  for (std::uint64_t salt = 1; salt <= 16; ++salt) {
    Scheduler scheduler(layout, salt);
    scheduler.add({1}, std::nullopt, PieceMap(layout.pieces));
    begun.insert(first_asked(scheduler, layout));
  }
  EXPECT_GE(begun.size(), 12U);
}

TEST(Given, IsBelievedOnceAPiece) {
  Scheduler scheduler(Layout(4 * kMiB));
  scheduler.add({1}, std::nullopt);
  EXPECT_TRUE(scheduler.add_given({1}, 3));
  EXPECT_FALSE(scheduler.add_given({1}, 3));
  EXPECT_FALSE(scheduler.add_given({1}, 4));
}

}  // namespace
}  // namespace shoal::transfer
