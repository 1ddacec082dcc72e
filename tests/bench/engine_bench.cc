// SPDX-License-Identifier: Apache-2.0
// How fast the engine is, in turn with a bare loop of the same shape.
//   engine_bench                                   the table: 10 k, 100 k and 1 M peers
//   engine_bench PEERS [THREADS [SEARCHES [TTL [ECHO [SHARD_BITS]]]]]   one line
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "sim/bench/bench.h"
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

/// Deliveries per second of the bare loop, over the same kind of graph.
double measure_bare(const sim::BenchRequest& request) {
  sim::TopologyParameters parameters;
  parameters.peers = request.peers;
  parameters.degree = request.degree;
  const Result<sim::Graph> graph = sim::make_graph("random-regular", parameters, request.seed);
  if (!graph) std::exit(2);
  sim::LinkLaw law;
  law.delay = sim::DelayLaw(sim::UniformDelay{milliseconds(10), milliseconds(100)});
  BareEngine bare(*graph, law, request.seed);
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
