// SPDX-License-Identifier: Apache-2.0
// How fast the engine is, in turn with a bare loop of the same shape.
//   engine_bench                                   the table: 10 k, 100 k and 1 M peers
//   engine_bench PEERS [THREADS [SEARCHES [TTL [ECHO [SHARD_BITS]]]]]   one line
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "overlay/core/registry.h"
#include "sim/bench/bench.h"
#include "sim/engine/engine.h"
#include "sim/memory/small_memory.h"
#include "sim/network/delay.h"
#include "sim/topology/families.h"
#include "tests/bench/bare_engine.h"

namespace shoal::tests {
namespace {

using std::chrono::milliseconds;

sim::BenchResult measure(const sim::BenchRequest& request) {
  const Result<sim::BenchResult> result = sim::run_bench(request, overlay::registry());
  if (!result) {
    std::fprintf(stderr, "%s: %s\n", result.error().what.c_str(), result.error().why.c_str());
    std::exit(2);
  }
  return *result;
}

sim::Graph graph_of(const sim::BenchRequest& request) {
  sim::TopologyParameters parameters;
  parameters.peers = request.peers;
  parameters.degree = request.degree;
  Result<sim::Graph> graph = sim::make_graph("random-regular", parameters, request.seed);
  if (!graph) std::exit(2);
  return std::move(*graph);
}

/// Deliveries per second of the bare loop, over the same kind of graph.
double measure_bare(const sim::BenchRequest& request) {
  const sim::Graph graph = graph_of(request);
  sim::LinkLaw law;
  law.delay = sim::DelayLaw(sim::UniformDelay{milliseconds(10), milliseconds(100)});
  BareEngine bare(graph, law, request.seed);
  bare.flood(0, request.ttl);
  const auto start = std::chrono::steady_clock::now();
  std::uint64_t deliveries = 0;
  for (std::uint32_t i = 1; i <= request.searches; ++i) {
    deliveries += bare.flood(i % request.peers, request.ttl);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return static_cast<double>(deliveries) / took.count();
}

void print(const sim::BenchRequest& request, const sim::BenchResult& result) {
  const double million = static_cast<double>(result.deliveries) / 1e6;
  std::printf("%8u peers, %u threads, echo %-3s: %6.2f M deliveries/s (%5.2f per CPU second), ",
              request.peers, request.threads, request.echo ? "on" : "off",
              result.deliveries_per_second / 1e6, million / result.cpu_seconds);
  std::printf("%4.0f bytes/peer, built in %.2f s, digest %016llx\n", result.bytes_per_peer,
              result.build_seconds, static_cast<unsigned long long>(result.digest));
}

/// Memory per peer while ten searches, relayed by all peers, wait for the peers' own files, and
/// when in a search without such waits most is open: then messages are under way too.
void print_open(std::uint32_t peers, std::uint8_t ttl, Duration lookup) {
  constexpr std::uint32_t kSearches = 10;
  sim::release_small_memory();
  const std::size_t before = sim::resident_bytes();
  sim::LinkLaw law;
  law.delay = sim::DelayLaw(sim::UniformDelay{milliseconds(10), milliseconds(100)});
  sim::EngineOptions options;
  options.floor = law.floor();
  options.lookup = lookup;
  const auto engine = std::move(*sim::Engine::make(options, overlay::registry()));
  engine->build(graph_of({.peers = peers}), law);
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
    resident = static_cast<double>(sim::resident_bytes() - before) / peers;
  }
  std::printf(
      "%8u peers, %u searches open, look-ups of %2lld s: %4.0f bytes a node, %4.0f in all\n", peers,
      kSearches, static_cast<long long>(to_ms(lookup) / 1000), nodes, resident);
}

void print_table() {
  constexpr int kRounds = 3;
  for (const std::uint32_t peers : {10'000U, 100'000U, 1'000'000U}) {
    sim::BenchRequest request;
    request.peers = peers;
    request.ttl = peers >= 1'000'000 ? 12 : 7;
    request.searches = peers >= 1'000'000 ? 1 : 2'000'000 / peers;
    double engine = 0;
    double bare = 0;
    for (int round = 0; round < kRounds; ++round) {  // in turn, since the machine has moods
      const sim::BenchResult result = measure(request);
      print(request, result);
      engine = std::max(engine, result.deliveries_per_second);
      bare = std::max(bare, measure_bare(request));
    }
    std::printf("         the bare loop: %6.2f M deliveries/s, so full peers run at %.2f of it\n",
                bare / 1e6, engine / bare);
    request.echo = true;
    print(request, measure(request));
    request.echo = false;
    request.threads = 4;
    print(request, measure(request));
  }
}

}  // namespace
}  // namespace shoal::tests

int main(int argc, char** argv) {
  using namespace shoal;
  if (argc > 1 && std::string_view(argv[1]) == "open") {
    for (const std::uint32_t peers : {10'000U, 100'000U}) {
      for (const int seconds : {2, 0}) tests::print_open(peers, 9, std::chrono::seconds(seconds));
    }
    return 0;
  }
  if (argc == 1) {
    tests::print_table();
    return 0;
  }
  const auto argument = [&](int at, unsigned long otherwise) {
    return at < argc ? std::strtoul(argv[at], nullptr, 10) : otherwise;
  };
  sim::BenchRequest request;
  request.peers = static_cast<std::uint32_t>(argument(1, 10'000));
  request.threads = static_cast<unsigned>(argument(2, 1));
  request.searches = static_cast<std::uint32_t>(argument(3, 10));
  request.ttl = static_cast<std::uint8_t>(argument(4, request.peers >= 1'000'000 ? 12 : 7));
  request.echo = argument(5, 0) != 0;
  request.shard_bits = static_cast<unsigned>(argument(6, 12));
  tests::print(request, tests::measure(request));
  return 0;
}
