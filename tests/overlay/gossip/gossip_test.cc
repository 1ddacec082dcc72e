// SPDX-License-Identifier: Apache-2.0
#include "overlay/gossip/gossip.h"

#include <gtest/gtest.h>

#include "tests/overlay/gossip/gossip_properties.h"

namespace shoal::tests {
namespace {

TEST(Gossip, TellsExactlyFanoutOthersOnce) {
  EXPECT_EQ(who_hears_it_first_tells_exactly_fanout_others_once(), Outcome::kHeld);
}
TEST(Gossip, SendsHitsBackTheWayTheQueryCame) {
  EXPECT_EQ(hits_return_the_way_the_query_came(), Outcome::kHeld);
}
TEST(Gossip, EndsWithWhatWasFoundAndClaimsNoMore) {
  EXPECT_EQ(a_search_ends_with_what_was_found_and_claims_no_more(), Outcome::kHeld);
}
TEST(Gossip, AsksNobodyWhoseAnswerMustBeLate) {
  EXPECT_EQ(whoever_is_asked_has_time_to_answer(), Outcome::kHeld);
}
TEST(Gossip, RejectsHitsOfWhomNobodyTold) { EXPECT_TRUE(hits_of_whom_nobody_told_are_rejected()); }
TEST(Gossip, EndsASearchWhenNobodyWhoWasToldIsLeft) {
  EXPECT_TRUE(a_search_ends_when_nobody_who_was_told_is_left());
}
TEST(Gossip, PrefersNobody) { EXPECT_TRUE(chance_prefers_nobody()); }

}  // namespace
}  // namespace shoal::tests
