// SPDX-License-Identifier: Apache-2.0
// A file that is read while it comes: what is needed next comes first.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "proto/types/limits.h"
#include "proto/types/limits_transfer.h"
#include "transfer/core/scheduler.h"

namespace shoal::transfer {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;
constexpr SourceRef kOne{1};

// The first `count` pieces that are asked for; each is delivered, judged and written at once.
std::vector<std::uint32_t> pieces_asked(Scheduler& scheduler, const Layout& layout,
                                        std::size_t count) {
  std::vector<std::uint32_t> order;
  Instant now{};
  Effects effects;
  while (order.size() < count && scheduler.wanted() > 0) {
    effects.clear();
    scheduler.ask(now, limits::kSyncBytes, effects);
    if (effects.empty()) break;
    for (const Effect& effect : effects) {
      const auto* const range = std::get_if<AskRange>(&effect);
      if (range == nullptr) continue;
      const std::uint32_t piece = layout.piece_of(range->offset);
      if (order.empty() || order.back() != piece) order.push_back(piece);
      now += std::chrono::milliseconds(10);
      if (scheduler.on_chunk(range->source, range->offset, range->length, now) ==
          Scheduler::Taken::kWholePiece) {
        scheduler.prove(piece);
        scheduler.settle(piece);
      }
    }
  }
  order.resize(std::min(order.size(), count));
  return order;
}

RC_GTEST_PROP(Reader, GetsThePiecesBehindItsPlaceFirstAndInOrder, ()) {
  const auto pieces = *rc::gen::inRange<std::uint32_t>(2, 60).as("pieces");
  const Layout layout(pieces * kMiB);
  const auto salt = *rc::gen::arbitrary<std::uint64_t>().as("salt");
  Scheduler scheduler(layout, salt);
  PieceMap wanted(pieces);
  const auto drawn = *rc::gen::container<std::vector<bool>>(
                          pieces, rc::gen::weightedElement<bool>({{3, true}, {1, false}}))
                          .as("wanted");
  for (std::uint32_t piece = 0; piece < pieces; ++piece) {
    if (!drawn[piece]) continue;
    scheduler.want(piece);
    wanted.add(piece);
  }
  const auto first = *rc::gen::inRange<std::uint32_t>(0, pieces).as("first");
  const auto count = *rc::gen::inRange<std::uint32_t>(1, pieces - first + 1).as("count");
  scheduler.wish(1, first, count);
  scheduler.add(kOne, std::nullopt);
  std::vector<std::uint32_t> needed;
  for (std::uint32_t piece = first; piece < first + count; ++piece) {
    if (wanted.has(piece)) needed.push_back(piece);
  }
  RC_ASSERT(pieces_asked(scheduler, layout, needed.size()) == needed);
}

TEST(Reader, OfTwoTheOneWhosePieceIsTheNearestGoesFirst) {
  const Layout layout(40 * kMiB);
  Scheduler scheduler(layout);
  for (std::uint32_t piece = 0; piece < 40; ++piece) {
    if (piece != 10) scheduler.want(piece);  // the first reader has its next one already
  }
  scheduler.wish(1, 10, 3);
  scheduler.wish(2, 30, 2);
  scheduler.add(kOne, std::nullopt);
  EXPECT_EQ(pieces_asked(scheduler, layout, 5), (std::vector<std::uint32_t>{30, 11, 31, 12, 0}));
}

TEST(Reader, ThatMovesOrEndsLetsGoOfItsOldWish) {
  const Layout layout(40 * kMiB);
  Scheduler scheduler(layout);
  for (std::uint32_t piece = 0; piece < 40; ++piece) scheduler.want(piece);
  scheduler.add(kOne, std::nullopt);
  scheduler.wish(1, 10, 20);
  scheduler.wish(1, 35, 1);
  EXPECT_EQ(pieces_asked(scheduler, layout, 2), (std::vector<std::uint32_t>{35, 0}));
  Scheduler other(layout);
  for (std::uint32_t piece = 0; piece < 40; ++piece) other.want(piece);
  other.add(kOne, std::nullopt);
  other.wish(1, 20, 5);
  other.wish(1, 0, 0);
  EXPECT_EQ(pieces_asked(other, layout, 2), (std::vector<std::uint32_t>{0, 1}));
}

TEST(Reader, TakesWhatASourceHasOfWhatIsNeeded) {
  const Layout layout(10 * kMiB);
  Scheduler scheduler(layout);
  for (std::uint32_t piece = 0; piece < 10; ++piece) scheduler.want(piece);
  PieceMap have(10);
  for (const std::uint32_t piece : {1U, 6U, 8U}) have.add(piece);
  scheduler.add(kOne, have);
  scheduler.wish(1, 5, 5);
  EXPECT_EQ(pieces_asked(scheduler, layout, 3), (std::vector<std::uint32_t>{6, 8, 1}));
}

}  // namespace
}  // namespace shoal::transfer
