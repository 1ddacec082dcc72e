// SPDX-License-Identifier: Apache-2.0
// What a download makes of its disk, step by step: it is full, or has something on it already.
#include <gtest/gtest.h>

#include <algorithm>
#include <span>
#include <vector>

#include "proto/types/limits.h"
#include "tests/transfer/core/download_files.h"
#include "transfer/core/download.h"

namespace shoal::transfer {
namespace {

TEST(Download, WhileTheDiskIsFullItLooksForNobodyAndStopsAtOnce) {
  const Known& file = known(2);
  Download core(file.tree.id);
  Effects fx;
  core.start({}, fx);
  core.on_source(SourceRef{0}, std::nullopt, fx);
  answer_all(core, fx);
  core.on_hashed(0, file.tree.layer[0], fx);
  fx.clear();
  core.on_written(0, Errc::kNoSpace, Instant{}, fx);
  EXPECT_TRUE(core.waits_for_room());
  EXPECT_EQ(core.deadline(), Instant{} + limits::kRoomPause);
  core.on_source_gone(SourceRef{0}, fx);
  EXPECT_TRUE(fx.empty());
  core.on_timer(Instant{} + limits::kRoomPause, fx);
  EXPECT_EQ(fx, Effects{Write{0}});
  fx.clear();
  core.on_written(0, Errc::kNoSpace, Instant{} + limits::kRoomPause, fx);
  core.stop(fx);
  EXPECT_EQ(fx, Effects{Stopped{}});
}

TEST(Download, PiecesThatWereSpoiledSinceTheLastProcessAreFetchedAgainHoweverMany) {
  const Known& file = known(4);
  Download core(file.tree.id);
  PieceMap all(6);
  for (std::uint32_t piece = 0; piece < 6; ++piece) all.add(piece);
  core.restore(file.tree.layer, all, PieceMap(6));
  Effects fx;
  core.start({}, fx);
  for (std::uint32_t piece = 0; piece < 6; ++piece) core.on_checked(piece, Hash256{}, fx);
  EXPECT_EQ(core.bytes_done(), 0U);
  EXPECT_EQ(core.bytes_found(), 0U);
  core.on_source(SourceRef{0}, std::nullopt, fx);
  EXPECT_GT(std::ranges::count_if(
                fx, [](const Effect& one) { return std::holds_alternative<AskRange>(one); }),
            0);
  EXPECT_LT(core.phase(), Download::Phase::kPlaced);
}

TEST(Download, WhatAnEarlierProcessLeftIsReadBackBeforeTheNameAndWhatThisOneWroteIsNot) {
  const Known& file = known(4);
  Download core(file.tree.id);
  PieceMap sure(6);
  sure.add(3);
  core.restore(file.tree.layer, sure, PieceMap(6));
  Effects fx;
  core.start({}, fx);
  core.on_source(SourceRef{0}, std::nullopt, fx);
  std::vector<std::uint32_t> read_back;
  for (std::size_t i = 0; i < fx.size(); ++i) {
    const Effect effect = fx[i];
    if (const auto* ask = std::get_if<AskRange>(&effect)) {
      ASSERT_TRUE(core.on_chunk(ask->source, ask->offset, ask->length, {}, fx));
    } else if (const auto* hash = std::get_if<Hash>(&effect)) {
      core.on_hashed(hash->piece, file.tree.layer[hash->piece], fx);
    } else if (const auto* write = std::get_if<Write>(&effect)) {
      core.on_written(write->piece, std::nullopt, {}, fx);
    } else if (std::holds_alternative<Sync>(effect)) {
      core.on_synced(true, {}, fx);
    } else if (const auto* record = std::get_if<Record>(&effect)) {
      core.on_recorded(record->pieces, fx);
    } else if (const auto* check = std::get_if<Check>(&effect)) {
      EXPECT_EQ(core.phase(), Download::Phase::kLastCheck);
      read_back.push_back(check->piece);
      core.on_checked(check->piece, file.tree.layer[check->piece], fx);
    }
  }
  EXPECT_EQ(core.phase(), Download::Phase::kPlaced);
  EXPECT_EQ(read_back, std::vector<std::uint32_t>{3});
}

TEST(Download, OnceSomebodyElseMayHaveWrittenAllIsReadBackAndWhatIsWrongFetchedAgain) {
  const Known& file = known(4);
  Download core(file.tree.id);
  Effects fx;
  core.start({}, fx);
  core.on_source(SourceRef{0}, std::nullopt, fx);
  std::vector<std::uint32_t> read_back;
  std::vector<std::uint32_t> fetched;
  int placed = 0;
  for (std::size_t i = 0; i < fx.size(); ++i) {
    const Effect effect = fx[i];
    if (const auto* wanted = std::get_if<AskManifest>(&effect)) {
      const auto layer = std::span(file.tree.layer);
      core.on_manifest(wanted->source, wanted->range.first,
                       layer.subspan(wanted->range.first, wanted->range.count), fx);
    } else if (const auto* ask = std::get_if<AskRange>(&effect)) {
      ASSERT_TRUE(core.on_chunk(ask->source, ask->offset, ask->length, {}, fx));
    } else if (const auto* hash = std::get_if<Hash>(&effect)) {
      core.on_hashed(hash->piece, file.tree.layer[hash->piece], fx);
    } else if (const auto* write = std::get_if<Write>(&effect)) {
      fetched.push_back(write->piece);
      core.on_written(write->piece, std::nullopt, {}, fx);
    } else if (std::holds_alternative<Sync>(effect)) {
      core.on_synced(true, {}, fx);
    } else if (const auto* record = std::get_if<Record>(&effect)) {
      core.on_recorded(record->pieces, fx);
    } else if (const auto* check = std::get_if<Check>(&effect)) {
      const bool spoiled = check->piece == 2 && fetched.size() == 6;
      read_back.push_back(check->piece);
      core.on_checked(check->piece, spoiled ? Hash256{} : file.tree.layer[check->piece], fx);
    } else if (std::holds_alternative<Place>(effect)) {
      if (++placed == 1) core.on_doubt(fx);
    }
  }
  EXPECT_EQ(read_back, (std::vector<std::uint32_t>{0, 1, 2, 3, 4, 5}));
  ASSERT_EQ(fetched.size(), 7U);
  EXPECT_EQ(fetched.back(), 2U);
  EXPECT_EQ(placed, 2);
  EXPECT_EQ(core.bytes_done(), file.tree.id.length);
  EXPECT_EQ(core.bytes_found(), 0U);
}

TEST(Download, WhatAJournalClaimsIsReadBackAndOnlyTheRestIsAsked) {
  const Known& file = known(3);
  Download core(file.tree.id);
  PieceMap sure(4);
  PieceMap claimed(4);
  sure.add(0);
  claimed.add(1);
  claimed.add(2);
  core.restore(file.tree.layer, sure, claimed);
  Effects fx;
  core.start({}, fx);
  core.on_source(SourceRef{0}, std::nullopt, fx);
  EXPECT_FALSE(core.claims_checked());  // a stop now would not be a clean one
  EXPECT_EQ(core.here().count(), 1U);   // nor is a mere claim given to others
  EXPECT_EQ(std::ranges::count(fx, Effect{Check{1}}), 1);
  EXPECT_EQ(std::ranges::count(fx, Effect{Check{2}}), 1);
  EXPECT_EQ(std::ranges::count(fx, Effect{Check{0}}), 0);
  EXPECT_EQ(bytes_asked(fx), 17U);
  answer_all(core, fx);
  fx.clear();
  core.on_checked(1, file.tree.layer[1], fx);
  core.on_checked(2, Hash256{}, fx);  // lost by the crash
  EXPECT_TRUE(core.claims_checked());
  EXPECT_TRUE(core.here().has(1));
  EXPECT_FALSE(core.here().has(2));
  EXPECT_EQ(core.bytes_found(), 2U << 20U);
  EXPECT_EQ(core.bytes_done(), core.bytes_found());
  EXPECT_EQ(std::get<AskRange>(fx.front()).offset, 2U << 20U);
  answer_all(core, fx);
  EXPECT_EQ(bytes_asked(fx), 1U << 20U);
}

TEST(Download, AnEmptyFileNeedsNoSourceAndAWrongRootOfNothingCannotBe) {
  Effects fx;
  Download empty(known(0).tree.id);
  empty.start({}, fx);
  EXPECT_EQ(fx, Effects{Place{}});
  fx.clear();
  Download wrong(ContentId{});
  wrong.start({}, fx);
  EXPECT_EQ(fx, Effects{Stopped{Errc::kIntegrity}});
}

}  // namespace
}  // namespace shoal::transfer
