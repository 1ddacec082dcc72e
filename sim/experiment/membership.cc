// SPDX-License-Identifier: Apache-2.0
// Networks whose peers choose neighbours themselves: keys, what is possible, and what came of it.
#include "sim/experiment/membership.h"

#include <algorithm>
#include <string>

#include "sim/experiment/settings.h"
#include "sim/measure/views.h"
#include "sim/topology/measures.h"

namespace shoal::sim {
namespace {

constexpr std::uint32_t kSources = 100;  // of shortest ways

tl::unexpected<Error> bad(std::string what, std::string why, std::string next) {
  return fail(Errc::kInvalidArgument, std::move(what), std::move(why), std::move(next));
}

}  // namespace

void add_membership(SettingTable& table, MembershipPlan& plan) {
  using Kind = overlay::MembershipKind;
  overlay::HyParViewParameters& numbers = plan.numbers;
  table.word<Kind>("membership.kind", plan.kind,
                   {{"friends", Kind::kFriends}, {"hyparview", Kind::kHyParView}},
                   "Who is linked with whom: only those whom the topology makes friends, or also "
                   "others that peers of an open network find themselves (HyParView). Of the "
                   "latter speak the other keys of this section.");
  table.whole("membership.active", numbers.active, 1, limits::kActiveViewMax,
              "Neighbours that a peer wants, its friends among them.");
  table.whole("membership.passive", numbers.passive, 0, limits::kPassiveViewMax,
              "Peers that it knows besides, to replace from what fails.");
  table.whole("membership.active_walk", numbers.active_walk, 0, 255,
              "Hops that a newcomer or a shuffle walks (ARWL).");
  table.whole("membership.passive_walk", numbers.passive_walk, 0, 255,
              "Hops that are left to a newcomer's walk where it is remembered (PRWL).");
  table.whole("membership.shuffle_active", numbers.shuffle_active, 0, limits::kActiveViewMax,
              "Neighbours that a shuffle tells of (ka).");
  table.whole("membership.shuffle_passive", numbers.shuffle_passive, 0, limits::kPassiveViewMax,
              "Others that a shuffle tells of (kp).");
  table.duration("membership.cycle", numbers.cycle, milliseconds(1), std::chrono::hours(24),
                 "From one shuffle of a peer to its next.");
  table.whole("membership.renewal", numbers.renewal, 0, 1'000'000,
              "A peer with all the neighbours it wants replaces one in so many cycles; 0: never.");
  table.on_off("membership.repair", numbers.repair,
               "Whether neighbours that fail are replaced; off shows what that is worth.");
  table.duration("membership.join_pause", plan.join_pause, Duration(0), std::chrono::hours(1),
                 "From one newcomer to the next: peers join one after the other, each by one that "
                 "is there already.");
}

Duration joined_after(const MembershipPlan& plan, std::uint32_t peers) {
  return plan.open() && peers > 1 ? (peers - 2) * plan.join_pause : Duration{};
}

Result<void> check_membership(const Experiment& experiment, std::uint32_t peers) {
  if (!experiment.membership.open()) return {};
  const FaultPlan& faults = experiment.faults;
  const auto only_friends = [](const std::string& key) {
    return bad(key + " is not possible here",
               "it befalls links of the topology, and membership.kind hyparview makes others",
               "peers may crash (faults.crashes, faults.failures, churn)");
  };
  if (faults.rates.link_downs.per_second > 0) return only_friends("faults.link_downs");
  if (faults.rates.stalls.per_second > 0) return only_friends("faults.stalls");
  if (faults.partition != PartitionChoice::kNone) return only_friends("faults.partition");
  if (faults.undialable > 0) return only_friends("faults.undialable");
  if (experiment.churn.keep_state) {
    return bad("churn.keep_state is not possible here",
               "peers whose neighbours are found by HyParView lose them when they leave",
               "leave it off");
  }
  const Duration joined = joined_after(experiment.membership, peers);
  if (experiment.workload.start < joined) {
    return bad("workload.start is too early",
               "the last of " + std::to_string(peers) + " peers joins after " + show_time(joined),
               "start later, or shorten membership.join_pause");
  }
  return {};
}

Instant measured_at(const Experiment& experiment) {
  const FaultPlan& faults = experiment.faults;
  const Instant start(experiment.workload.start);
  if (faults.failures <= 0) return start;
  return std::min(start, Instant(std::max(Duration{}, faults.failures_at - Duration(1))));
}

NetworkShape shape_of(const Engine& engine, std::uint64_t seed) {
  NetworkShape shape;
  const Graph graph = active_views(engine);
  std::uint64_t here = 0;
  std::uint64_t known = 0;
  std::vector<PeerRef> spares;
  for (std::uint32_t peer = 0; peer < engine.size(); ++peer) {
    if (!engine.alive(PeerRef{peer})) continue;
    ++here;
    spares.clear();
    engine.node(PeerRef{peer}).membership().spares(spares);
    known += spares.size();
  }
  if (here == 0) return shape;
  const auto share = [here](std::uint64_t sum) {
    return static_cast<double>(sum) / static_cast<double>(here);
  };
  shape.neighbours = share(2 * graph.edges());
  shape.known = share(known);
  shape.clustering = clustering_of(graph).mean_local * graph.size() / static_cast<double>(here);
  shape.mean_path = distances_of(graph, kSources, seed).mean;
  shape.connected = share(components_of(graph).largest);
  return shape;
}

}  // namespace shoal::sim
