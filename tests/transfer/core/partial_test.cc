// SPDX-License-Identifier: Apache-2.0
// Files that are served while they are fetched: what the serving end tells and refuses, and what
// the fetching end makes of it.
#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>
#include <algorithm>
#include <deque>
#include <set>

#include "proto/types/limits.h"
#include "proto/types/limits_transfer.h"
#include "tests/transfer/core/swarm.h"
#include "transfer/core/scheduler.h"
#include "transfer/core/upload.h"

namespace shoal::transfer {
namespace {

using testing::SourceSpec;
using testing::Swarm;
using namespace std::chrono_literals;

constexpr std::uint64_t kMiB = 1 << 20;

// The oracle keeps sets: what was told, what is asked and not answered.
RC_GTEST_PROP(PartialUpload, TellsEachPieceOnceAndServesOnlyWhatItTold, ()) {
  const auto pieces = *rc::gen::inRange<std::uint32_t>(1, 40).as("pieces");
  const Layout layout(pieces * kMiB);
  PieceMap here(pieces);
  std::set<std::uint32_t> told;
  for (std::uint32_t piece = 0; piece < pieces; ++piece) {
    if (*rc::gen::inRange(0, 4).as("here at the start") != 0) continue;
    here.add(piece);
    told.insert(piece);
  }
  Upload upload(layout, here);
  std::set<std::uint32_t> news;
  std::deque<std::uint32_t> asked;
  std::set<std::uint64_t> read;
  const auto steps = *rc::gen::inRange(0, 120).as("steps");
  for (int i = 0; i < steps; ++i) {
    const auto piece = *rc::gen::inRange<std::uint32_t>(0, pieces).as("piece");
    switch (*rc::gen::inRange(0, 3).as("come, ask or send")) {
      case 0:
        here.add(piece);
        // Pieces that a disk lost, too, stay told.
        if (*rc::gen::inRange(0, 8).as("lose one") == 0) here.remove(*here.next(0));
        for (auto one = here.next(0); one; one = here.next(*one + 1)) {
          if (!told.contains(*one)) news.insert(*one);
        }
        upload.on_here(here);
        break;
      case 1: {
        const bool known = told.contains(piece) || news.contains(piece);
        if (!upload.wants_request()) break;
        RC_ASSERT(upload.on_range_request(piece * kMiB, 1000) == known);
        if (known) asked.push_back(piece);
        break;
      }
      default: {
        while (const auto next = upload.next_read()) upload.on_read(next->number);
        const auto answer = upload.next_send();
        if (!answer) {
          RC_ASSERT(news.empty() && asked.empty());
          break;
        }
        if (const auto* have = std::get_if<Upload::Have>(&*answer)) {
          RC_ASSERT(!have->pieces.empty());
          for (const std::uint32_t one : have->pieces) {
            RC_ASSERT(news.erase(one) == 1U);
            told.insert(one);
          }
        } else {
          RC_ASSERT(news.empty());  // news do not wait for answers
          RC_ASSERT(std::get<Upload::Read>(*answer).offset == asked.front() * kMiB);
          asked.pop_front();
        }
        upload.on_sent();
      }
    }
  }
}

TEST(PartialUpload, ManyNewPiecesAreToldInBoundedMessages) {
  const auto pieces = static_cast<std::uint32_t>(2 * limits::kHavePieces + 5);
  PieceMap all(pieces);
  Upload upload(Layout(pieces * kMiB), all);
  for (std::uint32_t piece = 0; piece < pieces; ++piece) all.add(piece);
  upload.on_here(all);
  std::vector<std::size_t> sizes;
  while (const auto answer = upload.next_send()) {
    sizes.push_back(std::get<Upload::Have>(*answer).pieces.size());
    upload.on_sent();
  }
  EXPECT_EQ(sizes, (std::vector<std::size_t>{limits::kHavePieces, limits::kHavePieces, 5}));
}

// Sources that are still fetching: what they have comes piece by piece.
RC_GTEST_PROP(PartialSources, AreAskedForNoMoreThanTheyToldAndGiveAllOfIt, ()) {
  const auto pieces = *rc::gen::inRange<std::uint32_t>(8, 200).as("pieces");
  const auto count = *rc::gen::inRange<std::size_t>(1, 5).as("sources");
  Rng rng(*rc::gen::arbitrary<std::uint64_t>().as("seed"));
  std::vector<SourceSpec> sources(count);
  Instant last{};
  for (auto& one : sources) one.have = PieceMap(pieces);
  for (std::uint32_t piece = 0; piece < pieces; ++piece) {
    // Somebody has or gets it, others perhaps.
    const std::size_t sure = rng.below(count);
    for (std::size_t i = 0; i < count; ++i) {
      if (i != sure && rng.below(3) != 0) continue;
      if (rng.below(4) == 0) {
        sources[i].have->add(piece);
      } else {
        const Instant when = Instant{} + std::chrono::milliseconds(rng.below(20'000));
        last = std::max(last, when);
        sources[i].gets.emplace_back(when, piece);
      }
    }
  }
  Swarm swarm(pieces * kMiB, sources);
  swarm.play();
  RC_ASSERT(swarm.placed());
  RC_ASSERT(!swarm.asked_untold());
  for (std::size_t i = 0; i < count; ++i) RC_ASSERT(!swarm.set_aside(i));
  RC_ASSERT(swarm.core().bytes_wasted() <= 2 * kMiB * count);  // of pieces that moved at the end
  // What came last is asked at once; the rest was there before.
  RC_ASSERT(swarm.fetched_in() <=
            (last - Instant{}) + std::chrono::milliseconds(pieces * 1050 / 10) + 1s);
}

TEST(PartialSources, ASourceWithoutAPieceIsKeptAndAskedWhenItGetsOne) {
  SourceSpec empty;
  empty.have = PieceMap(3);
  empty.gets = {{Instant{} + 2s, 1}, {Instant{} + 3s, 0}, {Instant{} + 4s, 2}};
  Swarm swarm(3 * kMiB, {empty});
  swarm.play();
  EXPECT_TRUE(swarm.placed());
  EXPECT_TRUE(swarm.sought());  // meanwhile others are looked for
  EXPECT_GE(swarm.fetched_in(), 4s);
  EXPECT_LE(swarm.fetched_in(), 5s);
}

TEST(PartialSources, WhoTellsNothingNewOrWhatCannotBeIsSetAside) {
  const std::vector<std::vector<std::uint32_t>> lies{{}, {0}, {3}, {1, 1}};
  for (const auto& lie : lies) {
    Swarm made(3 * kMiB, {});
    Download core(made.id());
    Effects fx;
    core.start({}, fx);
    PieceMap first(3);
    first.add(0);
    core.on_source(SourceRef{0}, first, fx);
    fx.clear();
    core.on_have(SourceRef{0}, lie, fx);
    ASSERT_FALSE(fx.empty());
    EXPECT_EQ(fx.front(), Effect(SetAside{SourceRef{0}, Fault::kUnasked})) << lie.size();
  }
  // Whoever has everything has nothing to tell.
  Swarm made(3 * kMiB, {});
  Download core(made.id());
  Effects fx;
  core.start({}, fx);
  core.on_source(SourceRef{0}, std::nullopt, fx);
  fx.clear();
  core.on_have(SourceRef{0}, std::vector<std::uint32_t>{1}, fx);
  ASSERT_FALSE(fx.empty());
  EXPECT_EQ(fx.front(), Effect(SetAside{SourceRef{0}, Fault::kUnasked}));
}

TEST(PartialSources, WhatAGoneSourceHadIsRareAgain) {
  Scheduler scheduler(Layout(2 * kMiB));
  scheduler.want(0);
  scheduler.want(1);
  PieceMap first(2);
  first.add(0);
  scheduler.add(SourceRef{0}, first);
  EXPECT_TRUE(scheduler.remove(SourceRef{0}).empty());
  scheduler.add(SourceRef{1}, std::nullopt);
  Effects fx;
  scheduler.ask({}, limits::kSyncBytes, fx);
  ASSERT_FALSE(fx.empty());
  EXPECT_EQ(std::get<AskRange>(fx.front()).offset, 0U);
}

// Two that fetch the same from one that has all, and see each other's empty maps.
TEST(PartialSources, PiecesAsRareComeInAnOrderOfOnesOwn) {
  Swarm made(64 * kMiB, {});
  const auto first_asked = [&](std::uint64_t salt) {
    Download core(made.id(), salt);
    Effects fx;
    core.restore(made.layer(), PieceMap(64), PieceMap(64));
    core.start({}, fx);
    core.on_source(SourceRef{0}, PieceMap(64), fx);
    core.on_source(SourceRef{1}, std::nullopt, fx);
    std::vector<std::uint64_t> offsets;
    for (const Effect& one : fx) {
      if (const auto* ask = std::get_if<AskRange>(&one)) offsets.push_back(ask->offset);
    }
    return offsets;
  };
  EXPECT_EQ(first_asked(0).front(), 0U);  // no salt: file order
  EXPECT_EQ(first_asked(7), first_asked(7));
  std::set<std::uint64_t> firsts;
  for (std::uint64_t salt = 1; salt <= 64; ++salt) firsts.insert(first_asked(salt).at(0));
  EXPECT_GT(firsts.size(), 20U);
}

}  // namespace
}  // namespace shoal::transfer
