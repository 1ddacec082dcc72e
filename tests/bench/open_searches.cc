// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/open_searches.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "overlay/core/registry.h"
#include "sim/engine/engine.h"
#include "sim/engine/heap.h"
#include "sim/memory/small_memory.h"
#include "sim/topology/families.h"

namespace shoal::tests {

using std::chrono::milliseconds;

sim::Graph bench_graph(std::uint32_t peers, std::uint32_t degree, std::uint64_t seed) {
  sim::TopologyParameters parameters;
  parameters.peers = peers;
  parameters.degree = degree;
  Result<sim::Graph> graph = sim::make_graph("random-regular", parameters, seed);
  if (!graph) std::exit(2);
  return std::move(*graph);
}

sim::LinkLaw bench_law() {
  sim::LinkLaw law;
  law.delay = sim::DelayLaw(sim::UniformDelay{milliseconds(10), milliseconds(100)});
  return law;
}

void print_open(std::uint32_t peers, std::uint8_t ttl, Duration lookup) {
  constexpr std::uint32_t kSearches = 10;
  sim::release_small_memory();
  const std::size_t before = sim::bytes_held();
  const sim::LinkLaw law = bench_law();
  sim::EngineOptions options;
  options.floor = law.floor();
  options.lookup = lookup;
  const auto engine = std::move(*sim::Engine::make(options, overlay::registry()));
  engine->build(bench_graph(peers, 8, 1), law);
  overlay::SearchRequest wanted;
  wanted.ttl = ttl;
  wanted.body = make_payload<QueryBody>([](QueryBody& query) {
    query.terms = "bench";
    query.rule = DuplicateRule::kClassic;
  });
  for (std::uint32_t i = 0; i < kSearches; ++i) {
    if (!engine->search(PeerRef{i * (peers / kSearches)}, wanted)) std::exit(2);
  }
  double nodes = 0;
  double resident = 0;
  for (int step = 1; step <= 20; ++step) {
    engine->run_until(Instant(milliseconds(50 * step)));
    std::size_t bytes = 0;
    for (std::uint32_t peer = 0; peer < peers; ++peer) bytes += engine->node(PeerRef{peer}).bytes();
    if (static_cast<double>(bytes) / peers < nodes) continue;
    nodes = static_cast<double>(bytes) / peers;
    engine->shrink();
    sim::release_small_memory();
    resident = static_cast<double>(sim::bytes_held() - before) / peers;
  }
  std::printf(
      "%8u peers, %u searches open, look-ups of %2lld s: %4.0f bytes a node, %4.0f in all\n", peers,
      kSearches, static_cast<long long>(to_ms(lookup) / 1000), nodes, resident);
}

}  // namespace shoal::tests
