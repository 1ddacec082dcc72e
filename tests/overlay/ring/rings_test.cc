// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <ostream>

#include "tests/overlay/ring/rings.h"
#include "tests/support/line_world.h"

namespace shoal::tests {

void PrintTo(Manner manner, std::ostream* out) {
  *out << (manner == Manner::kRestart ? "restart" : "quiet");
}

namespace {

class Rings : public testing::TestWithParam<Manner> {};

TEST_P(Rings, GrowUntilOneFindsSomething) {
  EXPECT_EQ(rings_grow_until_one_finds_something(GetParam()), Outcome::kHeld);
}
TEST_P(Rings, SendTheCopiesOfAFloodForEachRing) {
  EXPECT_EQ(copies_are_those_of_a_flood_for_each_ring(GetParam()), Outcome::kHeld);
}
TEST_P(Rings, LookInnerPeersUpOnceOrOnceARing) {
  EXPECT_EQ(inner_peers_are_looked_up_as_the_manner_says(GetParam()), Outcome::kHeld);
}
TEST_P(Rings, GrowUntilEnoughIsFound) {
  EXPECT_EQ(rings_grow_until_enough_is_found(GetParam()), Outcome::kHeld);
}
TEST_P(Rings, CompleteReportsEqualWhatTheWorldSaw) {
  EXPECT_EQ(complete_ring_reports_equal_what_the_world_saw(GetParam()), Outcome::kHeld);
}
TEST_P(Rings, OtherReportsAreLowerBounds) {
  EXPECT_EQ(other_ring_reports_are_lower_bounds(GetParam()), Outcome::kHeld);
}
TEST_P(Rings, ShareTheTimeWithoutEchoes) {
  EXPECT_EQ(without_echoes_rings_share_the_time(GetParam()), Outcome::kHeld);
}
INSTANTIATE_TEST_SUITE_P(Both, Rings, testing::Values(Manner::kQuiet, Manner::kRestart),
                         [](const auto& each) { return testing::PrintToString(each.param); });

Result<QueryId> ring_search(LineWorld& line, std::uint8_t ttl, DuplicateRule rule,
                            std::string_view restart = "off", Duration budget = {}) {
  overlay::SearchRequest request;
  request.via = overlay::kRing;
  request.ttl = ttl;
  request.budget = budget;
  request.body = make_payload<QueryBody>([rule](QueryBody& query) {
    query.terms = "word";
    query.rule = rule;
  });
  const auto& known = overlay::find_in(overlay::registry(), overlay::kRing)->parameters;
  request.parameters = overlay::fallbacks(known);
  EXPECT_TRUE(overlay::set_parameter(known, *request.parameters, "restart", restart));
  return line.world.search(PeerRef{0}, request);
}

TEST(RingSearch, UnderClassicIsRefusedUnlessEachRingRestarts) {
  LineWorld line(2);
  line.link(0, 1);
  const auto refused = ring_search(line, 3, DuplicateRule::kClassic);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kInvalidArgument);
  EXPECT_TRUE(ring_search(line, 3, DuplicateRule::kClassic, "on"));
}

// Two rings of which the first waits for ever leave the last one its share of the time.
TEST(RingSearch, GoesOnWhenARingIsNotAnswered) {
  LineWorld line(3);
  line.link(0, 1);
  line.link(0, 2);
  line.world.stall(PeerRef{2}, PeerRef{0}, true);  // its echoes never come
  ASSERT_TRUE(ring_search(line, 2, DuplicateRule::kDeepest, "on", std::chrono::seconds(20)));
  line.run_for(std::chrono::seconds(30));
  ASSERT_EQ(line.diary.reports.size(), 1U);
  const SearchReport& report = line.diary.reports[0];
  EXPECT_EQ(report.ended, EndReason::kDeadline);
  EXPECT_FALSE(report.complete);
  EXPECT_EQ(report.ttl, 2);
  EXPECT_EQ(report.counts.unanswered, 2U);  // one in each ring
  EXPECT_EQ(report.peers_asked(), 1);
  EXPECT_EQ(report.took, std::chrono::seconds(20));
}

TEST(RingSearch, OwnsTheIdOfTheRingThatIsOpen) {
  LineWorld line(3);
  line.link(0, 1);
  line.link(1, 2);
  const auto query = ring_search(line, 3, DuplicateRule::kDeepest, "on");
  ASSERT_TRUE(query);
  EXPECT_TRUE(line.world.node(PeerRef{0}).owns(*query));
  line.run_for(std::chrono::milliseconds(30));  // the second ring is on its way
  EXPECT_FALSE(line.world.node(PeerRef{0}).owns(*query));
  const Message& last = line.diary.deliveries.back().message;
  EXPECT_NE(last.query, *query);
  EXPECT_TRUE(line.world.node(PeerRef{0}).owns(last.query));
  EXPECT_FALSE(line.world.node(PeerRef{1}).owns(last.query));
  line.run_for(std::chrono::seconds(1));
  EXPECT_FALSE(line.world.node(PeerRef{0}).owns(last.query));
  ASSERT_EQ(line.diary.reports.size(), 1U);
  EXPECT_EQ(line.diary.reports[0].query, *query);
}

}  // namespace
}  // namespace shoal::tests
