// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace shoal::tests
