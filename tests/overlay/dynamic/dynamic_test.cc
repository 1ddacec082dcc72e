// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "overlay/dynamic/horizon.h"
#include "tests/overlay/dynamic/probing.h"
#include "tests/support/reference_data.h"

namespace shoal::tests {
namespace {

using overlay::hops_for;
using overlay::hosts;

TEST(Dynamic, NeighboursHaveTheirTurns) {
  EXPECT_EQ(neighbours_have_their_turns(), Outcome::kHeld);
}
TEST(Dynamic, HopsFollowFromWhatWasFound) {
  EXPECT_EQ(hops_follow_from_what_was_found(), Outcome::kHeld);
}
TEST(Dynamic, ItEndsWithWhatWasWanted) {
  EXPECT_EQ(it_ends_with_what_was_wanted(), Outcome::kHeld);
}
TEST(Dynamic, ReportsAreTrue) { EXPECT_EQ(dynamic_reports_are_true(), Outcome::kHeld); }

// The two shares that the GDF's paper on ultrapeers names: 80 % of the peers are on the last of 7
// hops where all have 6 neighbours, almost 97 % on the last of 3 where they have 32.
TEST(Horizon, HasMostPeersOnItsLastHop) {
  const auto last_hop = [](std::uint64_t degree, unsigned ttl) {
    const auto all = static_cast<double>(hosts(degree, ttl));
    return (all - static_cast<double>(hosts(degree, ttl - 1))) / all;
  };
  EXPECT_NEAR(last_hop(6, 7), 0.80001, 1e-4);
  EXPECT_NEAR(last_hop(32, 3), 0.96777, 1e-4);
}

TEST(Horizon, EqualsTheTableOfReferenceData) {
  const auto table = ReferenceTable::read("oracle/tree_horizon.csv");
  if (!table) GTEST_SKIP() << kNoReferenceData;
  ASSERT_EQ(table->rows(), 35U);
  for (std::size_t row = 0; row < table->rows(); ++row) {
    const auto degree = static_cast<std::uint64_t>(table->number(row, "degree"));
    const auto ttl = static_cast<unsigned>(table->number(row, "ttl"));
    const std::uint64_t one = hosts(degree, ttl);
    EXPECT_EQ(std::to_string(one), table->text(row, "nodes_one_connection"));
    EXPECT_EQ(std::to_string(one * degree), table->text(row, "nodes_all_connections"));
    EXPECT_EQ(hops_for(one, degree, 15), ttl);
    EXPECT_EQ(hops_for(one + 1, degree, 15), ttl + 1);
  }
}

TEST(Horizon, IsBounded) {
  EXPECT_EQ(hosts(0, 5), 5U);
  EXPECT_EQ(hosts(1, 5), 5U);  // a neighbour that knows nobody else may still be a row
  EXPECT_EQ(hosts(2, 255), 255U);
  EXPECT_EQ(hosts(1000, 255), overlay::kHorizonMax);
  EXPECT_EQ(hosts(~std::uint64_t{0}, 255), overlay::kHorizonMax);
  EXPECT_EQ(hops_for(~std::uint64_t{0}, 3, 9), 9U);
  EXPECT_EQ(hops_for(0, 3, 9), 1U);
}

}  // namespace
}  // namespace shoal::tests
