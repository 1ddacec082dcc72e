// SPDX-License-Identifier: Apache-2.0
// Every overlay of the registry among real peers: what a search comes to equals the simulator's
// where it does not depend on timing, and every peer's record replays exactly (Peer sees to that).
#include "tests/wire/twins.h"

namespace shoal::overlay {
namespace {

/// Whether the set of holders that a search finds follows from graph and content alone.
bool finds_the_same(const OverlayEntry& entry) {
  return entry.id == kFlood || entry.id == kRing || entry.id == kIndex;
}

std::set<std::uint32_t> all_holders() {
  std::set<std::uint32_t> holders;
  for (std::uint32_t peer = 0; peer < kPeers; ++peer) {
    if (is_holder(peer)) holders.insert(peer);
  }
  return holders;
}

/// Overlays of friend networks; those of open networks ask without links.
std::vector<std::string> of_friends() {
  std::vector<std::string> names;
  for (const OverlayEntry& entry : registry()) {
    if (!entry.asks_directly) names.emplace_back(entry.name);
  }
  return names;
}

class LiveOverlays : public Twins, public testing::WithParamInterface<std::string> {
 protected:
  /// For so many hops over the slowest link: each takes twice a bound that is four round trips, and
  /// links that come up on a busy machine measure long ones.
  Duration time_for(int hops) {
    Duration slowest{};
    for (const auto& one : peers_) {
      for (const LinkStatus& link : one->host().links()) {
        slowest = std::max<Duration>(slowest, link.rtt.value_or(Duration{}));
      }
    }
    const Duration bound =
        std::clamp<Duration>(4 * slowest, limits::kDelayBoundMinWire, limits::kDelayBoundMax);
    return hops * (2 * bound + limits::kHopMargin) + limits::kLookupTime;
  }
};

TEST_P(LiveOverlays, ComeToWhatTheSimulatorComesTo) {
  const OverlayEntry& entry = *find_in(registry(), GetParam());
  Simulated simulated(*graph_);
  const auto truth = all_holders();
  const Duration budget = time_for(5);
  for (const std::uint32_t origin : {0U, kPeers / 2}) {
    SearchSpec spec;
    // Some of them end when their time does.
    if (!finds_the_same(entry)) spec.budget = budget;
    spec.via = entry.name;
    spec.terms = "word";
    spec.ttl = 6;
    const Answer real = ask(origin, spec);
    SearchRequest request;
    request.via = entry.id;
    request.body = body_of(spec.rule);
    request.ttl = spec.ttl;
    request.budget = spec.budget;
    const Answer expected = simulated.ask(origin, request);
    EXPECT_EQ(real.holders.empty(), expected.holders.empty()) << "origin " << origin;
    EXPECT_TRUE(std::ranges::includes(truth, real.holders)) << "origin " << origin;
    if (!finds_the_same(entry)) continue;
    EXPECT_EQ(real.holders, expected.holders) << "origin " << origin;
    EXPECT_EQ(real.complete, expected.complete) << "origin " << origin;
  }
}

INSTANTIATE_TEST_SUITE_P(Registry, LiveOverlays, testing::ValuesIn(of_friends()),
                         [](const auto& overlay) { return overlay.param; });

}  // namespace
}  // namespace shoal::overlay
