// SPDX-License-Identifier: Apache-2.0
// One scenario, both drivers: real peers on loopback and the simulator give the same answers where
// these do not depend on timing, and every live peer's record replays exactly (Peer sees to that).
#include <initializer_list>

#include "tests/wire/twins.h"

namespace shoal::overlay {
namespace {

using SimEqualsWire = Twins;

TEST_F(SimEqualsWire, TheBallAndTheHitsAndWhereNoPathIsLimitedTheCopies) {
  Simulated simulated(*graph_);
  for (const std::uint32_t origin : {0U, kPeers / 2}) {
    for (const std::uint8_t ttl : std::initializer_list<std::uint8_t>{1, 3, 6}) {
      // Deepest: how many copies there are depends on timing, and nothing else.
      Answer real = ask(origin, ttl, DuplicateRule::kDeepest);
      const Answer expected = simulated.ask(origin, ttl, DuplicateRule::kDeepest);
      EXPECT_TRUE(real.complete);
      EXPECT_GE(real.copies, expected.copies) << "equal delays need the fewest";
      real.copies = expected.copies;
      EXPECT_EQ(real, expected) << "origin " << origin << ", ttl " << int{ttl};
    }
    // Classic: by which way a peer is reached, and so its hop, depends on timing.
    Answer real = ask(origin, kPeers - 1, DuplicateRule::kClassic);
    const Answer expected = simulated.ask(origin, kPeers - 1, DuplicateRule::kClassic);
    EXPECT_EQ(real.copies, 2 * graph_->edges() - (kPeers - 1));
    real.peers_by_hop = expected.peers_by_hop;
    EXPECT_EQ(real, expected) << "origin " << origin << ", classic";
  }
}

}  // namespace
}  // namespace shoal::overlay
