// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "overlay/core/bytes.h"
#include "overlay/index/filter.h"
#include "proto/types/limits.h"
#include "tests/overlay/index/matching.h"
#include "tests/support/line_world.h"

namespace shoal::tests {
namespace {

TEST(Index, HitsAreThoseOfAFlood) { EXPECT_EQ(hits_are_those_of_a_flood(), Outcome::kHeld); }
TEST(Index, SparedAreThoseThatCannotMatch) {
  EXPECT_EQ(spared_are_those_that_cannot_match(), Outcome::kHeld);
}
TEST(Index, WhatIsNewIsFound) { EXPECT_EQ(what_is_new_is_found(), Outcome::kHeld); }

constexpr MessageKind kFilterKind{kFirstOwnMessageKind};
constexpr MessageKind kWithdrawalKind{kFirstOwnMessageKind + 1};

Message filter_message(std::string bytes, MessageKind kind = kFilterKind) {
  Message message;
  message.kind = kind;
  message.overlay = overlay::kIndex;
  message.body = make_payload<OpaqueBody>([&](OpaqueBody& body) { body.bytes = std::move(bytes); });
  return message;
}

std::string all(unsigned log2_bits, char byte) {
  return static_cast<char>(log2_bits) + std::string((std::size_t{1} << log2_bits) / 8, byte);
}

/// Peer 0 asks, peers 1 and 2 are its neighbours, and share nothing.
struct Pair {
  Pair() : line(3) {
    line.link(0, 1);
    line.link(0, 2);
    search();
  }
  SearchReport search() {
    overlay::SearchRequest request;
    request.via = overlay::kIndex;
    request.ttl = 1;
    request.body = make_payload<QueryBody>([](QueryBody& query) { query.terms = "word"; });
    EXPECT_TRUE(line.world.search(PeerRef{0}, request));
    line.run_for(std::chrono::seconds(10));
    return line.diary.reports.back();
  }
  LineWorld line;
};

TEST(IndexFilters, ThatAreAllOnesCostTheSavingsOfTheirLinkOnly) {
  Pair pair;
  EXPECT_EQ(pair.search().counts.spared, 2U);
  EXPECT_EQ(pair.line.world.inject(PeerRef{1}, PeerRef{0}, filter_message(all(16, '\xff'))),
            Verdict::kAccept);
  const SearchReport report = pair.search();
  EXPECT_EQ(report.counts.spared, 1U);
  EXPECT_EQ(report.counts.copies, 1U);
  EXPECT_TRUE(report.complete);
}

TEST(IndexFilters, SpareEveryNeighbourAndTheSearchSaysSo) {
  Pair pair;
  const SearchReport report = pair.search();
  EXPECT_EQ(report.ended, EndReason::kAnswered);
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.peers_asked(), 0);
  EXPECT_EQ(report.counts.copies, 0U);
  ASSERT_EQ(report.first_hops.size(), 2U);
  EXPECT_EQ(report.first_hops[0].state, FirstHopState::kNotNeeded);
}

TEST(IndexFilters, OfNoSizeThatThereIsAreAnOffence) {
  Pair pair;
  const auto judged = [&](std::string bytes, MessageKind kind = kFilterKind) {
    return pair.line.world.inject(PeerRef{1}, PeerRef{0}, filter_message(std::move(bytes), kind));
  };
  EXPECT_EQ(judged(""), Verdict::kReject);
  EXPECT_EQ(judged(all(8, 0)), Verdict::kReject);
  EXPECT_EQ(judged(all(limits::kIndexFilterLog2Max + 1, 0)), Verdict::kReject);
  EXPECT_EQ(judged(all(9, 0) + "x"), Verdict::kReject);
  EXPECT_EQ(judged(all(9, 0).substr(1)), Verdict::kReject);
  EXPECT_EQ(judged("x", kWithdrawalKind), Verdict::kReject);
  EXPECT_EQ(judged("", MessageKind{kFirstOwnMessageKind + 2}), Verdict::kReject);
  EXPECT_EQ(pair.search().counts.spared, 2U);  // none of them changed anything
}

TEST(IndexFilters, AreWithdrawnAtOnceAndSentAnewLater) {
  Pair pair;
  sim::World& world = pair.line.world;
  HitFile file;
  file.name = "a word";
  file.content.length = 7;
  world.share(PeerRef{1}, file);
  world.change_shares(PeerRef{1});
  pair.line.diary.deliveries.clear();
  pair.line.run_for(std::chrono::milliseconds(20));
  ASSERT_EQ(pair.line.diary.deliveries.size(), 1U);
  EXPECT_EQ(pair.line.diary.deliveries[0].message.kind, kWithdrawalKind);
  pair.line.run_for(limits::kIndexRebuildTime);
  ASSERT_EQ(pair.line.diary.deliveries.size(), 2U);
  EXPECT_EQ(pair.line.diary.deliveries[1].message.kind, kFilterKind);
  const SearchReport report = pair.search();
  EXPECT_EQ(report.hits, 1U);
  EXPECT_EQ(report.counts.spared, 1U);
}

TEST(IndexFilters, ManyChangesAreGatheredIntoOne) {
  Pair pair;
  pair.line.diary.deliveries.clear();
  for (int i = 0; i < 100; ++i) pair.line.world.change_shares(PeerRef{1});
  pair.line.run_for(std::chrono::seconds(10));
  EXPECT_EQ(pair.line.diary.deliveries.size(), 2U);  // a withdrawal and a filter
}

TEST(IndexFilters, AreForgottenWithTheirLink) {
  Pair pair;
  sim::World& world = pair.line.world;
  const std::size_t before = world.node(PeerRef{0}).bytes();
  world.take_down(PeerRef{0}, PeerRef{1}, {}, {});
  pair.line.run_for(std::chrono::seconds(1));
  EXPECT_LT(world.node(PeerRef{0}).bytes() + 64, before);
}

TEST(IndexFilters, OfTooManyKeywordsAreNotMade) {
  LineWorld line(2);
  line.link(0, 1);
  for (std::uint32_t i = 0; i < limits::kIndexKeywordsMax / 2 + 10; ++i) {
    HitFile file;
    file.name = "w" + std::to_string(i);
    file.content.length = i + 1;
    line.world.share(PeerRef{1}, file);
  }
  overlay::SearchRequest request;
  request.via = overlay::kIndex;
  request.ttl = 1;
  request.body = make_payload<QueryBody>([](QueryBody& query) { query.terms = "none"; });
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(line.world.search(PeerRef{0}, request));
    line.run_for(std::chrono::seconds(60));
  }
  EXPECT_EQ(line.diary.reports.back().counts.spared, 0U);
  EXPECT_EQ(line.diary.reports.back().peers_asked(), 1);
}

}  // namespace
}  // namespace shoal::tests
