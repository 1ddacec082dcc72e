// SPDX-License-Identifier: Apache-2.0
// The whole flash crowd; minutes, so left out of the quick suite.
#include <gtest/gtest.h>

#include "sim/swarm/swarm.h"

namespace shoal::sim {
namespace {

TEST(Crowd, OfAThousandEndsWithinOneAndAHalfOfTheFluidBound) {
  const SwarmSpec spec{.leechers = 1000, .bytes = std::uint64_t{1} << 30U};
  const SwarmResult result = Swarm(spec).play();
  ASSERT_NE(result.last(), Instant::max());
  EXPECT_LE((result.last() - Instant{}) * 2, fluid_bound(spec) * 3);
}

}  // namespace
}  // namespace shoal::sim
