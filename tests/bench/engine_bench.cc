// SPDX-License-Identifier: Apache-2.0
// How fast the engine is, in turn with two rivals of the same shape.
//   engine_bench        the table: 10 k, 100 k and 1 M peers, five rounds each
//   engine_bench open   the memory of ten open searches
//   engine_bench PEERS [THREADS [SEARCHES [TTL [ECHO [SHARD_BITS]]]]]   one line
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>
#include <vector>

#include "overlay/core/registry.h"
#include "sim/bench/bench.h"
#include "tests/bench/bare_engine.h"
#include "tests/bench/bare_peers.h"
#include "tests/bench/open_searches.h"

namespace shoal::tests {
namespace {

sim::BenchResult measure(const sim::BenchRequest& request) {
  const Result<sim::BenchResult> result = sim::run_bench(request, overlay::registry());
  if (!result) {
    std::fprintf(stderr, "%s: %s\n", result.error().what.c_str(), result.error().why.c_str());
    std::exit(2);
  }
  return *result;
}

/// Deliveries per second of processor time of a rival, over the same kind of graph.
template <class Peers>
double measure_bare(const sim::BenchRequest& request) {
  const sim::Graph graph = bench_graph(request.peers, request.degree, request.seed);
  const sim::LinkLaw law = bench_law();
  BareEngine<Peers> bare(Peers(graph, law, request.seed), graph.size(), law.floor());
  bare.flood(0, request.ttl);
  const std::clock_t start = std::clock();
  std::uint64_t deliveries = 0;
  for (std::uint32_t i = 1; i <= request.searches; ++i) {
    deliveries += bare.flood(i % request.peers, request.ttl);
  }
  return static_cast<double>(deliveries) * CLOCKS_PER_SEC /
         static_cast<double>(std::clock() - start);
}

double per_cpu_second(const sim::BenchResult& result) {
  return static_cast<double>(result.deliveries) / result.cpu_seconds;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void print(const sim::BenchRequest& request, const sim::BenchResult& result) {
  std::printf("%8u peers, %u threads, echo %-3s: %6.2f M deliveries/s (%5.2f per CPU second), ",
              request.peers, request.threads, request.echo ? "on" : "off",
              result.deliveries_per_second / 1e6, per_cpu_second(result) / 1e6);
  std::printf("%4.0f bytes/peer, built in %.2f s, digest %016llx\n", result.bytes_per_peer,
              result.build_seconds, static_cast<unsigned long long>(result.digest));
}

/// Medians are of processor time, so that other work on the machine counts less.
void print_table() {
  constexpr int kRounds = 5;
  for (const std::uint32_t peers : {10'000U, 100'000U, 1'000'000U}) {
    sim::BenchRequest request;
    request.peers = peers;
    request.ttl = peers >= 1'000'000 ? 12 : 7;
    request.searches = peers >= 1'000'000 ? 1 : 2'000'000 / peers;
    sim::BenchRequest with_echo = request;
    with_echo.echo = true;
    std::vector<double> engine;
    std::vector<double> echo;
    std::vector<double> objects;
    std::vector<double> bytes;
    for (int round = 0; round < kRounds; ++round) {  // in turn, since the machine has moods
      sim::BenchResult result = measure(request);
      if (round == 0) print(request, result);
      engine.push_back(per_cpu_second(result));
      result = measure(with_echo);
      if (round == 0) print(with_echo, result);
      echo.push_back(per_cpu_second(result));
      objects.push_back(measure_bare<ObjectPeers>(request));
      bytes.push_back(measure_bare<BytePeers>(request));
    }
    std::printf("         medians of %d: echo off %.2f M/s, on %.2f, so %.2f of it\n", kRounds,
                median(engine) / 1e6, median(echo) / 1e6, median(echo) / median(engine));
    std::printf(
        "         a prototype, peers of 576 bytes: %6.2f M/s, so full peers are %.2f of it\n",
        median(objects) / 1e6, median(engine) / median(objects));
    std::printf(
        "         a bare loop, peers of 8 bytes:   %6.2f M/s, so full peers are %.2f of it\n",
        median(bytes) / 1e6, median(engine) / median(bytes));
    request.threads = 4;
    print(request, measure(request));
  }
}

}  // namespace
}  // namespace shoal::tests

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // each line as soon as it is known
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
