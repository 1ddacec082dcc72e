// SPDX-License-Identifier: Apache-2.0
// From a plan of faults to a list of incidents.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "sim/draw/fixed.h"
#include "sim/experiment/scene.h"

namespace shoal::sim {
namespace {

constexpr double kIncidentsMax = 2e7;  // some 1 GB

// When the last search is over, about.
Instant horizon(const Experiment& experiment, const Draft& draft) {
  const WorkloadPlan& plan = experiment.workload;
  const Duration life = life_of(experiment, draft);
  // Random moments may come later than their mean: four deviations, and some.
  const auto searches =
      static_cast<double>(plan.searches + 4 * whole_square_root(plan.searches) + 10);
  const double spaced =
      plan.rate > 0 ? searches / plan.rate * 1e6 : searches * static_cast<double>(life.count());
  constexpr double kMost = 1e17;
  Duration last = plan.start + life + Duration(static_cast<std::int64_t>(std::min(spaced, kMost)));
  if (!draft.script.empty()) {
    last = std::max(last, draft.script.back().at.time_since_epoch() + life);
  }
  return Instant(last);
}

// So many of the peers, to the nearest whole one.
std::vector<std::uint32_t> failing(double share, std::uint32_t peers, Rng draws) {
  std::vector<std::uint32_t> all(peers);
  std::iota(all.begin(), all.end(), 0U);
  const auto gone = static_cast<std::size_t>(std::llround(share * peers));
  for (std::size_t i = 0; i < gone; ++i) std::swap(all[i], all[i + draws.below(peers - i)]);
  all.resize(gone);
  return all;
}

}  // namespace

Result<std::vector<Incident>> incidents_of(const Experiment& experiment, const Draft& draft,
                                           std::uint64_t seed) {
  const FaultPlan& plan = experiment.faults;
  const Graph& graph = draft.graph();
  IncidentPlan incidents(graph);
  const Rng draws = Rng(seed).fork(0xfau);
  const Instant end = horizon(experiment, draft);
  const double per_second = plan.rates.link_downs.per_second + plan.rates.stalls.per_second +
                            plan.rates.crashes.per_second + plan.rates.jumps.per_second;
  const double expected = per_second * static_cast<double>(end.time_since_epoch().count()) / 1e6;
  if (expected > kIncidentsMax) {
    return fail(Errc::kInvalidArgument, "there is too much trouble",
                "some " + std::to_string(static_cast<std::uint64_t>(expected)) +
                    " faults would happen until the last search is over",
                "lower the rates of faults, or the number of searches");
  }
  incidents.at_random(plan.rates, {Instant(), end}, draws.fork(0));
  const Period parted{Instant(plan.partition_from),
                      Instant(plan.partition_from + plan.partition_time)};
  switch (plan.partition) {
    case PartitionChoice::kNone:
      break;
    case PartitionChoice::kSymmetric:
    case PartitionChoice::kAsymmetric: {
      const bool both = plan.partition == PartitionChoice::kSymmetric;
      incidents.partition(draw_side(graph.size(), plan.partition_share, draws.fork(1)),
                          both ? PartitionKind::kSymmetric : PartitionKind::kAsymmetric, parted,
                          plan.silence);
      break;
    }
    case PartitionChoice::kIsolate: {
      const auto peer = draft.topology.peer_named(plan.isolated);
      if (!peer) {
        return fail(Errc::kInvalidArgument, "there is no peer " + std::to_string(plan.isolated), {},
                    "choose another faults.isolated");
      }
      incidents.isolate(PeerRef{*peer}, PartitionKind::kSymmetric, parted, plan.silence);
      break;
    }
  }
  if (plan.undialable > 0) {
    incidents.undialable(draw_side(graph.size(), plan.undialable, draws.fork(2)), Instant());
  }
  for (const std::uint32_t peer : failing(plan.failures, graph.size(), draws.fork(3))) {
    incidents.crash(PeerRef{peer}, {Instant(plan.failures_at), Instant::max()});
  }
  if (plan.heal > Duration{}) incidents.heal(Instant(plan.heal));
  return incidents.incidents();
}

}  // namespace shoal::sim
