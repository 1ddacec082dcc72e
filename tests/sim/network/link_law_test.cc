// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "sim/network/delay.h"

namespace shoal::sim {
namespace {

using std::chrono::milliseconds;

DelayLaw any_law() {
  const auto matrix =
      std::make_shared<const DelayMatrix>(2, std::vector<std::uint32_t>{0, 7000, 9000, 0});
  return *rc::gen::element(DelayLaw(ConstantDelay{milliseconds(5)}),
                           DelayLaw(UniformDelay{milliseconds(1), milliseconds(90)}),
                           DelayLaw(LogNormalDelay{milliseconds(40), Fixed::whole(1)}),
                           DelayLaw(ExponentialDelay{Duration{}, milliseconds(30)}),
                           DelayLaw(MatrixDelay{matrix}),
                           DelayLaw(CoordinateDelay{2, milliseconds(80), milliseconds(2)}))
              .as("law");
}

RC_GTEST_PROP(LinkLaw, TheTimesOfALinkDependOnItsTwoPeersOnly, ()) {
  LinkLaw law{.delay = any_law()};
  const bool each_way = *rc::gen::arbitrary<bool>().as("each way");
  law.symmetry = each_way ? Symmetry::kEachWay : Symmetry::kSymmetric;
  const auto seed = *rc::gen::arbitrary<std::uint64_t>().as("seed");
  const PeerRef a{*rc::gen::arbitrary<std::uint32_t>().as("a")};
  const PeerRef b{*rc::gen::suchThat(rc::gen::arbitrary<std::uint32_t>(), [&](auto value) {
                     return value != a.value;
                   }).as("b")};
  const LinkTimes times = law.link(seed, a, b);
  const LinkTimes swapped = law.link(seed, b, a);
  RC_ASSERT(times.there == swapped.back);
  RC_ASSERT(times.back == swapped.there);
  RC_ASSERT(times.raised == swapped.raised);
  if (!each_way) RC_ASSERT(times.there == times.back);
  for (const Duration delay : {times.there, times.back}) {
    RC_ASSERT(delay >= law.floor());
    RC_ASSERT(delay <= law.bound());
  }
}

TEST(LinkLaw, WaysOfALinkAreDrawnApartWhenAsked) {
  const LinkLaw law{.delay = DelayLaw(UniformDelay{milliseconds(1), milliseconds(90)}),
                    .symmetry = Symmetry::kEachWay};
  int equal = 0;
  for (std::uint32_t peer = 0; peer < 1000; ++peer) {
    const LinkTimes times = law.link(1, PeerRef{peer}, PeerRef{peer + 1});
    equal += times.there == times.back ? 1 : 0;
  }
  EXPECT_LE(equal, 3);
}

TEST(LinkLaw, WhatIsRaisedToTheFloorIsCounted) {
  const LinkLaw law{.delay = DelayLaw(ExponentialDelay{{}, milliseconds(50)}, milliseconds(5))};
  std::uint32_t raised = 0;
  std::uint32_t at_floor = 0;
  for (std::uint32_t peer = 0; peer < 10'000; ++peer) {
    const LinkTimes times = law.link(1, PeerRef{peer}, PeerRef{peer + 1});
    raised += times.raised;
    at_floor += times.there == milliseconds(5) ? 2U : 0U;
  }
  EXPECT_EQ(raised, at_floor);
  const double share = 1 - std::exp(-0.1);
  EXPECT_NEAR(raised / 2.0, 10'000 * share, 4 * std::sqrt(10'000 * share * (1 - share)));
}

TEST(LinkLaw, JitterIsDrawnAnewForEachMessage) {
  const LinkLaw law{.delay = DelayLaw(ConstantDelay{milliseconds(5)}), .jitter = Duration(3)};
  EXPECT_EQ(law.bound(), milliseconds(5) + Duration(3));
  Rng way(1);
  std::vector<int> seen(4);
  for (int i = 0; i < 4000; ++i) ++seen[static_cast<std::size_t>(law.extra(way).count())];
  for (const int count : seen) EXPECT_NEAR(count, 1000, 4 * std::sqrt(750.0));
  const LinkLaw still{.delay = DelayLaw(ConstantDelay{milliseconds(5)})};
  Rng untouched(1);
  EXPECT_EQ(still.extra(untouched), Duration{});
  EXPECT_EQ(untouched.state(), 1U);
}

TEST(LinkLaw, SlowPeersMakeAllTheirLinksSlower) {
  LinkLaw law{.delay = DelayLaw(ConstantDelay{milliseconds(5)}),
              .slow_share = Fixed::from(0.2),
              .slow_extra = milliseconds(100)};
  EXPECT_EQ(law.bound(), milliseconds(205));
  int slow = 0;
  for (std::uint32_t peer = 0; peer < 10'000; ++peer) {
    slow += law.slow(1, PeerRef{peer}) ? 1 : 0;
    const int ends =
        (law.slow(1, PeerRef{peer}) ? 1 : 0) + (law.slow(1, PeerRef{peer + 1}) ? 1 : 0);
    const LinkTimes times = law.link(1, PeerRef{peer}, PeerRef{peer + 1});
    EXPECT_EQ(times.there, milliseconds(5) + ends * milliseconds(100));
    EXPECT_EQ(times.back, times.there);
  }
  EXPECT_NEAR(slow, 2000, 4 * std::sqrt(10'000 * 0.2 * 0.8));
  law.slow_share = Fixed();
  EXPECT_EQ(law.bound(), milliseconds(5));
  EXPECT_FALSE(law.slow(1, PeerRef{1}));
}

// Peers that are near to one are near to each other: places are kept.
TEST(LinkLaw, CoordinatesKeepTheTriangleInequality) {
  const LinkLaw law{.delay = DelayLaw(CoordinateDelay{2, milliseconds(80), {}}, Duration(1))};
  for (std::uint32_t peer = 0; peer < 1000; ++peer) {
    const PeerRef a{peer};
    const PeerRef b{peer + 1};
    const PeerRef c{peer + 2};
    EXPECT_LE(law.link(5, a, c).there,
              law.link(5, a, b).there + law.link(5, b, c).there + Duration(2));
  }
}

}  // namespace
}  // namespace shoal::sim
