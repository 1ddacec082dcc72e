// SPDX-License-Identifier: Apache-2.0
// What a search by rings or by the index asks of 200 real peers, peer by peer: who is asked follows
// from graph and content, so it is known beforehand, and equals the simulator's. Every peer's
// record replays exactly (Peer sees to that).
#include <algorithm>

#include "sim/topology/breadth_first.h"
#include "tests/wire/twins.h"

namespace shoal::overlay {
namespace {

/// Few enough for rings to grow before they find one.
constexpr std::uint32_t kSparse = kPeers / 2 - 3;

class LiveSparing : public Twins {
 protected:
  /// One peer in `every` holds what is searched for, all others something else.
  void share(std::uint32_t every) {
    every_ = every;
    for (std::uint32_t one = 0; one < kPeers; ++one) {
      peer(one).by_words = true;
      peer(one).files = {file_of(one, every)};
    }
  }
  /// By peer: its hops from `origin`.
  std::vector<std::uint32_t> hops_from(std::uint32_t origin) {
    sim::BreadthFirst search(*graph_);
    search.run(origin);
    std::vector<std::uint32_t> hops(kPeers);
    for (std::uint32_t hop = 0; hop <= search.farthest(); ++hop) {
      for (const std::uint32_t one : search.at(hop)) hops[one] = hop;
    }
    return hops;
  }
  std::uint32_t to_nearest_holder(const std::vector<std::uint32_t>& hops) {
    std::uint32_t nearest = kPeers;
    for (std::uint32_t one = 0; one < kPeers; ++one) {
      if (is_holder(one, every_)) nearest = std::min(nearest, hops[one]);
    }
    return nearest;
  }
  /// The peer that is farthest from its nearest holder.
  std::uint32_t far_from_holders() {
    std::uint32_t best = 0;
    for (std::uint32_t one = 1; one < kPeers; ++one) {
      const bool farther = to_nearest_holder(hops_from(one)) > to_nearest_holder(hops_from(best));
      if (farther) best = one;
    }
    return best;
  }
  std::vector<unsigned> lookups() {
    std::vector<unsigned> all;
    for (const auto& one : peers_) all.push_back(one->lookups);
    return all;
  }
  static SearchRequest request_of(const OverlayEntry& entry, const SearchSpec& spec) {
    SearchRequest request;
    request.via = entry.id;
    request.body = body_of(spec.rule);
    request.ttl = spec.ttl;
    request.parameters = fallbacks(entry.parameters);
    for (const std::string& pair : spec.parameters) {
      const auto equals = pair.find('=');
      EXPECT_TRUE(set_parameter(entry.parameters, *request.parameters, pair.substr(0, equals),
                                pair.substr(equals + 1)));
    }
    return request;
  }

  std::uint32_t every_ = kHolderEvery;
};

class LiveRings : public LiveSparing, public testing::WithParamInterface<std::string> {};

TEST_P(LiveRings, GrowToTheNearestHolderAndAskEachPeerAsOftenAsTheyShould) {
  share(kSparse);
  const bool restarts = GetParam() == "on";
  const std::uint32_t origin = far_from_holders();
  const auto hops = hops_from(origin);
  const std::uint32_t nearest = to_nearest_holder(hops);
  ASSERT_GE(nearest, 3U);
  SearchSpec spec;
  spec.via = "ring";
  spec.terms = "word";
  spec.ttl = static_cast<std::uint8_t>(nearest + 2);
  spec.parameters = {"restart=" + GetParam()};
  const auto before = lookups();
  Asked asked(peer(origin), spec);
  const SearchReport report = asked.report();
  const auto after = lookups();

  EXPECT_EQ(report.ended, EndReason::kEnough) << "two more rings were to come";
  EXPECT_EQ(report.ttl, nearest);
  std::set<PeerId> wanted;
  for (std::uint32_t one = 0; one < kPeers; ++one) {
    const bool reached = hops[one] >= 1 && hops[one] <= nearest;
    if (reached && is_holder(one, every_)) wanted.insert(peer(one).id());
    unsigned times = reached ? 1 : 0;
    if (reached && restarts) times = nearest - hops[one] + 1;  // once in each ring that came there
    EXPECT_EQ(after[one] - before[one], times) << "peer " << one << ", " << hops[one] << " hops";
  }
  std::set<PeerId> found;
  for (const FoundHit& hit : asked.hits) {
    EXPECT_TRUE(found.insert(hit.holder).second) << "handed out twice";
  }
  EXPECT_EQ(found, wanted);

  Simulated simulated(*graph_, kSparse);
  const Answer expected = simulated.ask(origin, request_of(*find_in(registry(), "ring"), spec));
  Answer real = ask(origin, spec);
  EXPECT_TRUE(real.complete);
  EXPECT_GE(real.copies, expected.copies) << "equal delays need the fewest";
  real.copies = expected.copies;
  EXPECT_EQ(real, expected);
}

INSTANTIATE_TEST_SUITE_P(Restart, LiveRings, testing::Values("on", "off"),
                         [](const auto& each) { return each.param; });

using LiveIndex = LiveSparing;

TEST_F(LiveIndex, SendsTheLastHopOnlyWhereItMatches) {
  share(kHolderEvery);
  constexpr std::uint32_t kOrigin = 1;
  constexpr std::uint8_t kLast = 3;
  const auto hops = hops_from(kOrigin);
  SearchSpec spec;
  spec.via = "index";
  spec.terms = "word";
  spec.ttl = kLast;
  // All before the last hop, and there those who have it.
  std::vector<unsigned> wanted(kPeers);
  std::vector<std::int32_t> by_hop(kLast);
  unsigned spared = 0;
  for (std::uint32_t one = 0; one < kPeers; ++one) {
    if (hops[one] < 1 || hops[one] > kLast) continue;
    if (hops[one] == kLast && !is_holder(one)) {
      ++spared;
      continue;
    }
    wanted[one] = 1;
    ++by_hop[hops[one] - 1];
  }
  ASSERT_GT(by_hop[kLast - 1], 0);
  ASSERT_GT(spared, kPeers / 20);
  // The first search has peers send one another their filters; until these have come all are asked.
  std::vector<unsigned> times(kPeers);
  std::optional<SearchReport> report;
  const auto asks_only_whom_it_should = [&] {
    const auto before = lookups();
    Asked asked(peer(kOrigin), spec);
    report = asked.report();
    const auto after = lookups();
    for (std::uint32_t one = 0; one < kPeers; ++one) times[one] = after[one] - before[one];
    return times == wanted;
  };
  EXPECT_TRUE(soon(asks_only_whom_it_should)) << testing::PrintToString(times);
  EXPECT_TRUE(report->complete);
  EXPECT_EQ(report->counts.peers_by_hop, by_hop);
  EXPECT_GE(report->counts.spared, spared) << "each of them by one link at least";

  Simulated simulated(*graph_);
  const OverlayEntry& entry = *find_in(registry(), "index");
  simulated.ask(kOrigin, request_of(entry, spec));  // filters, as above
  const Answer expected = simulated.ask(kOrigin, request_of(entry, spec));
  Answer real = ask(kOrigin, spec);
  real.copies = expected.copies;
  EXPECT_EQ(real, expected);
  EXPECT_EQ(real.peers_by_hop, by_hop);
  std::set<std::uint32_t> holders;
  for (std::uint32_t one = 0; one < kPeers; ++one) {
    if (wanted[one] == 1 && is_holder(one)) holders.insert(one);
  }
  EXPECT_EQ(real.holders, holders) << "a flood's";
}

}  // namespace
}  // namespace shoal::overlay
