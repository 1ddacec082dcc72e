// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "proto/types/limits_links.h"
#include "tests/support/line_world.h"

namespace shoal::tests {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

sim::WorldOptions tight(std::size_t seen, std::size_t copies, std::size_t searches) {
  sim::WorldOptions options;
  options.node.seen_max = seen;
  options.node.copies_max = copies;
  options.node.searches_max = searches;
  return options;
}

TEST(FloodLimits, AFullSeenTableRefusesNewQueriesUntilItMayForgetTheOldOnes) {
  LineWorld line(3, tight(1, 100, 100));
  line.link(0, 1);
  line.link(1, 2);
  ASSERT_TRUE(line.search(0, 1));  // fills the table of peer 1, and no other's but its own
  line.run_for(seconds(1));
  ASSERT_TRUE(line.search(2, 1));
  line.run_for(seconds(1));
  ASSERT_EQ(line.diary.reports.size(), 2U);
  EXPECT_EQ(line.diary.reports[1].counts.refused, 1U);
  EXPECT_EQ(line.diary.reports[1].peers_asked(), 0);
  line.run_for(limits::remember_query_for(limits::kTtlLimit));
  ASSERT_TRUE(line.search(2, 1));
  line.run_for(seconds(1));
  EXPECT_EQ(line.diary.reports[2].peers_asked(), 1);
}

TEST(FloodLimits, AThirdSearchOverTheBoundIsOverloaded) {
  LineWorld line(2, tight(100, 100, 2));
  line.link(0, 1);
  ASSERT_TRUE(line.search(0));
  ASSERT_TRUE(line.search(0));
  EXPECT_EQ(line.search(0).error().code, Errc::kOverloaded);
  line.run_for(seconds(1));
  EXPECT_TRUE(line.search(0));
}

TEST(FloodLimits, ARefusalIsCountedAndNoPeerIsTakenForAsked) {
  LineWorld line(3, tight(100, 1, 100));
  line.link(0, 1);
  line.link(1, 2);
  line.world.stall(PeerRef{2}, PeerRef{1}, true);  // the first query stays open at peer 1
  ASSERT_TRUE(line.search(0));
  line.run_for(milliseconds(100));
  ASSERT_FALSE(line.search(0));  // its own copy is open: the bound is one
  line.run_for(seconds(30));
  ASSERT_EQ(line.diary.reports.size(), 1U);
  EXPECT_EQ(line.diary.reports[0].counts.unanswered, 1U);
  EXPECT_FALSE(line.diary.reports[0].complete);
}

TEST(FloodLimits, HitsOverTheBoundAreDroppedAndCounted) {
  LineWorld line(8);
  for (std::uint32_t holder = 1; holder < 8; ++holder) {
    line.link(0, holder);
    for (int i = 0; i < 60; ++i) {
      HitFile file;
      file.name = "word " + std::to_string(i);
      file.content.length = static_cast<std::uint64_t>(i);
      line.world.share(PeerRef{holder}, file);
    }
  }
  ASSERT_TRUE(line.search(0));
  line.run_for(seconds(30));
  ASSERT_EQ(line.diary.reports.size(), 1U);
  const SearchReport& report = line.diary.reports[0];
  // Each of 7 holders tells 50 of its 60 files; 256 pairs are handed out.
  EXPECT_LE(report.hits, limits::kHitsMax);
  EXPECT_GT(report.hits, limits::kHitsMax - limits::kHitFilesMax);
  EXPECT_EQ(report.hits + report.counts.hits_dropped, 7U * 60U);
  EXPECT_TRUE(report.complete);
}

TEST(FloodLimits, ASearchEndsAsSoonAsItHasEnough) {
  LineWorld line(3);
  line.link(0, 1);
  line.link(1, 2);
  for (const std::uint32_t holder : {1U, 2U}) {
    HitFile file;
    file.name = "word";
    line.world.share(PeerRef{holder}, file);
  }
  overlay::SearchRequest request;
  request.enough = 1;
  request.body = make_payload<QueryBody>([](QueryBody& query) { query.terms = "word"; });
  ASSERT_TRUE(line.world.search(PeerRef{0}, request));
  line.run_for(seconds(30));
  ASSERT_EQ(line.diary.reports.size(), 1U);
  EXPECT_EQ(line.diary.reports[0].ended, EndReason::kEnough);
  EXPECT_EQ(line.diary.reports[0].took, milliseconds(20));
  EXPECT_EQ(line.diary.found.size(), 1U);
}

TEST(FloodLimits, ACopyWithoutTimeLeftIsCutAndCounted) {
  LineWorld line(3);
  line.link(0, 1, {}, milliseconds(100));
  line.link(1, 2, {}, milliseconds(100));
  ASSERT_TRUE(line.search(0, 5, milliseconds(300)));
  line.run_for(seconds(30));
  ASSERT_EQ(line.diary.reports.size(), 1U);
  EXPECT_EQ(line.diary.reports[0].counts.cut_by_budget, 1U);
  EXPECT_EQ(line.diary.reports[0].peers_asked(), 1);
  EXPECT_EQ(line.diary.reports[0].ended, EndReason::kAnswered);
}

TEST(FloodLimits, ASearchOfWhichNoCopyCouldLeaveSaysThatNobodyWasAsked) {
  LineWorld line(2);
  line.link(0, 1, {}, milliseconds(100));
  ASSERT_TRUE(line.search(0, 5, milliseconds(150)));
  ASSERT_EQ(line.diary.reports.size(), 1U) << "at once";
  const SearchReport& report = line.diary.reports[0];
  EXPECT_EQ(report.ended, EndReason::kNobody);
  EXPECT_FALSE(report.asked_anybody());
  ASSERT_EQ(report.first_hops.size(), 1U);
  EXPECT_EQ(report.first_hops[0].state, FirstHopState::kNoTime);
  EXPECT_EQ(report.took, Duration{});
}

// A line of five; the ends answer nothing, so that all copies of peers 1 and 3 stay open at peer 2.
struct AllAnsweredAtOnce {
  AllAnsweredAtOnce() : line(5, tight(limits::kSeenMax, limits::kCopiesMax, 2000)) {
    for (std::uint32_t i = 0; i < 4; ++i) line.link(i, i + 1);
    line.world.stall(PeerRef{0}, PeerRef{1}, true);
    line.world.stall(PeerRef{4}, PeerRef{3}, true);
    const auto ask = [this](std::uint32_t count) {
      for (std::uint32_t i = 0; i < count; ++i) {
        EXPECT_TRUE(line.search(1, limits::kTtlLimit));
        EXPECT_TRUE(line.search(3, limits::kTtlLimit));
      }
    };
    const Duration step = std::chrono::microseconds(1'000'000 / limits::kLinkQueriesPerSecond);
    ask(limits::kLinkQueriesBurst);
    for (Duration at = step; at < limits::budget_max(limits::kTtlLimit) - milliseconds(200);
         at += step) {
      line.run_for(step);
      ask(1);
    }
    line.run_for(milliseconds(50));
    EXPECT_TRUE(line.diary.downs.empty());
    // What goes to peer 1 must wait in the queue, all of it.
    line.world.stall(PeerRef{2}, PeerRef{1}, true);
    line.diary.deliveries.clear();
    line.world.take_down(PeerRef{2}, PeerRef{3});
  }
  [[nodiscard]] bool innocent_link_died() const {
    const std::pair middle(PeerRef{2}, PeerRef{1});
    return std::ranges::find(line.diary.downs, middle) != line.diary.downs.end();
  }
  /// Lets all go to peer 1 that waits for it.
  [[nodiscard]] std::size_t delivered(MessageKind kind) {
    line.world.stall(PeerRef{2}, PeerRef{1}, false);
    line.run_for(milliseconds(20));
    return static_cast<std::size_t>(
        std::ranges::count_if(line.diary.deliveries, [kind](const Diary::Delivery& delivery) {
          return delivery.to == PeerRef{1} && delivery.from == PeerRef{2} &&
                 delivery.message.kind == kind;
        }));
  }
  LineWorld line;
};

TEST(FloodLimits, ADyingLinkWithAllCopiesOpenThatThereMayBeCutsNoOther) {
  AllAnsweredAtOnce world;
  EXPECT_FALSE(world.innocent_link_died());
  const std::size_t echoes = world.delivered(MessageKind::kEcho);
  EXPECT_LE(echoes, limits::link_copies_max(limits::kTtlLimit));
  EXPECT_GE(echoes, limits::link_copies_max(limits::kTtlLimit) - 10) << "the bound was not tried";
}

TEST(FloodLimits, ACancelThatFindsNoRoomCutsNoLink) {
  LineWorld line(3, [] {
    sim::WorldOptions options;
    options.queue_messages = 0;
    return options;
  }());
  line.link(0, 1);
  line.link(1, 2);
  line.world.stall(PeerRef{2}, PeerRef{1}, true);
  const auto query = line.search(0);
  ASSERT_TRUE(query);
  line.run_for(milliseconds(15));
  line.world.stall(PeerRef{1}, PeerRef{2}, true);
  line.world.take_down(PeerRef{0}, PeerRef{1});  // its copy at peer 1 is taken back from peer 2
  ASSERT_EQ(line.diary.lost.size(), 1U);
  EXPECT_EQ(line.diary.lost[0].kind, MessageKind::kCancel);
  const std::pair other(PeerRef{1}, PeerRef{2});
  EXPECT_EQ(std::ranges::find(line.diary.downs, other), line.diary.downs.end());
}

}  // namespace
}  // namespace shoal::tests
