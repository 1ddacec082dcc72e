// SPDX-License-Identifier: Apache-2.0
// The whole flash crowd; minutes, so left out of the quick suite.
#include <gtest/gtest.h>

#include "sim/swarm/swarm.h"

namespace shoal::sim {
namespace {

struct Crowd {
  std::uint64_t mib;
  double bound;  ///< times the fluid bound; measured 1.69, 1.40, 1.22, 1.14
};

class Crowds : public testing::TestWithParam<Crowd> {};
INSTANTIATE_TEST_SUITE_P(Crowd, Crowds,
                         testing::Values(Crowd{128, 1.75}, Crowd{256, 1.5}, Crowd{512, 1.35},
                                         Crowd{1024, 1.25}),
                         [](const auto& one) { return std::to_string(one.param.mib) + "MiB"; });

TEST_P(Crowds, OfAThousandEndSoonAfterTheFluidBound) {
  const SwarmSpec spec{.leechers = 1000, .bytes = GetParam().mib << 20U};
  const SwarmResult result = Swarm(spec).play();
  ASSERT_NE(result.last(), Instant::max());
  EXPECT_LE(static_cast<double>((result.last() - Instant{}).count()),
            GetParam().bound * static_cast<double>(fluid_bound(spec).count()));
}

}  // namespace
}  // namespace shoal::sim
