// SPDX-License-Identifier: Apache-2.0
// From plans to graphs and laws.
#include <algorithm>
#include <fstream>
#include <string>

#include "sim/experiment/scene.h"
#include "sim/topology/families.h"

namespace shoal::sim {
namespace {

// Of a peer that has taken part in one flood, and of each end of a link with what is on its way
// over it then: measured, and rounded up.
constexpr std::uint64_t kPeerBytes = 560;
constexpr std::uint64_t kLinkEndBytes = 120;

// As far as it is known before the graph is drawn.
std::uint64_t links_expected(const TopologyPlan& plan) {
  const TopologyParameters& p = plan.parameters;
  const std::uint64_t n = p.peers;
  const std::string& family = plan.family;
  if (family == "loners") return 0;
  if (family == "complete") return n * (n - 1) / 2;
  if (family == "random-regular" || family == "watts-strogatz") return n * p.degree / 2;
  if (family == "erdos-renyi") {
    const double degree = p.probability > 0 ? p.probability * static_cast<double>(n) : p.degree;
    return static_cast<std::uint64_t>(degree * static_cast<double>(n) / 2);
  }
  if (family == "barabasi-albert" || family == "k-out") return n * p.links;
  return n;
}

std::uint64_t memory_for(const RunPlan& plan) {
  return plan.memory_mb != 0 ? plan.memory_mb * 1024 * 1024 : available_bytes();
}

}  // namespace

std::uint64_t available_bytes() {
  std::ifstream in("/proc/meminfo");
  std::string name;
  std::uint64_t kib = 0;
  std::string unit;
  while (in >> name >> kib && std::getline(in, unit)) {
    if (name == "MemAvailable:") return kib * 1024;
  }
  return UINT64_MAX;
}

std::uint64_t bytes_needed(std::uint64_t peers, std::uint64_t links) {
  return peers * kPeerBytes + 2 * links * kLinkEndBytes;
}

Result<void> check_memory(const RunPlan& plan, std::uint64_t peers, std::uint64_t links,
                          const Demand& demand) {
  const std::uint64_t needed =
      bytes_needed(peers, links) + peers * demand.bytes_per_peer + demand.bytes_more;
  const std::uint64_t there = memory_for(plan);
  if (needed <= there) return {};
  const auto mb = [](std::uint64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; };
  const bool kept = demand.bytes_more > needed / 2;
  return fail(Errc::kNoSpace, "the memory will not suffice",
              std::to_string(peers) + " peers and " + std::to_string(links) + " links take some " +
                  mb(needed) + (kept ? " with what is kept of all searches" : "") +
                  ", and there are " + mb(there),
              "take fewer peers, links or searches");
}

Result<EdgeList> topology_of(const TopologyPlan& plan, const RunPlan& run, std::uint64_t seed,
                             const Demand& demand) {
  if (!plan.file.empty()) {
    auto list = read_edge_list(plan.file, memory_for(run));
    if (!list) return tl::unexpected(list.error());
    if (auto fits = check_memory(run, list->graph.size(), list->graph.edges(), demand); !fits) {
      return tl::unexpected(fits.error());
    }
    return list;
  }
  if (auto fits = check_memory(run, plan.parameters.peers, links_expected(plan), demand); !fits) {
    return tl::unexpected(fits.error());
  }
  auto graph = make_graph(plan.family, plan.parameters, seed);
  if (!graph) return tl::unexpected(graph.error());
  return EdgeList{std::move(*graph), {}};
}

Result<LinkLaw> law_of(const NetworkPlan& plan) {
  auto delay = make_delay_law(plan.delay, plan.parameters);
  if (!delay) return tl::unexpected(delay.error());
  auto lines = BandwidthLaw::parse(plan.lines);
  if (!lines) return tl::unexpected(lines.error());
  LinkLaw law;
  law.lines = std::move(*lines);
  law.delay = std::move(*delay);
  law.jitter = plan.jitter;
  law.slow_share = Fixed::from(plan.slow);
  law.slow_extra = plan.slow_extra;
  law.symmetry = plan.symmetric ? Symmetry::kSymmetric : Symmetry::kEachWay;
  return law;
}

}  // namespace shoal::sim
