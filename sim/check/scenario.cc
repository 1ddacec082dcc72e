// SPDX-License-Identifier: Apache-2.0
#include "sim/check/scenario.h"

#include <cstdlib>

namespace shoal::sim {
namespace {

/// 0 for what a reader takes for granted; less for whole milliseconds.
std::uint64_t odd(Duration time, Duration usual = {}) {
  if (time == usual) return 0;
  return time % std::chrono::milliseconds(1) == Duration{} ? 1 : 2;
}

std::uint64_t weight_of(const Ask& ask) {
  return 100 + std::uint64_t{4} * ask.ttl + (ask.cancelled ? 4 : 0) + odd(ask.budget) +
         (ask.enough > 0 ? 2 : 0) + (ask.echo ? 0 : 2) + (ask.parameters ? 4 : 0) +
         (ask.rule == DuplicateRule::kClassic ? 1 : 0);
}

}  // namespace

// Whatever is left out must weigh more than what may become odd by it.
std::uint64_t Scenario::weight() const {
  std::uint64_t sum = 1000ULL * peers + 200 * links.size();
  for (const CheckedLink& link : links) {
    sum += odd(link.there, std::chrono::milliseconds(10));
    sum += odd(link.back, std::chrono::milliseconds(10));
  }
  for (const Trouble& trouble : troubles) {
    std::uint64_t digits = 0;
    for (std::int64_t rest = std::abs(trouble.amount); rest > 0; rest /= 2) ++digits;
    sum += 100 + digits + odd(trouble.from) + odd(trouble.to);
  }
  for (const Ask& ask : searches) sum += weight_of(ask);
  sum += 100 * (strangers.size() + changes.size()) + 50 * holdings.size();
  sum += odd(jitter) + odd(lookup) + odd(lookup_jitter) + odd(notice);
  // More than a link to each contact, with which a closed network may fail as well.
  if (open) sum += 100 + 210ULL * peers + open->active + open->passive + open->renewal;
  sum += queue == limits::kLinkQueueMessages ? 0U : 4U;
  return sum + (link_queries == 0 ? 0U : 4U);
}

Graph Scenario::graph() const {
  std::vector<Edge> edges;
  edges.reserve(links.size());
  for (const CheckedLink& link : links) edges.emplace_back(link.first, link.second);
  return Graph::from_edges(peers, edges);
}

}  // namespace shoal::sim
