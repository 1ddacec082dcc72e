// SPDX-License-Identifier: Apache-2.0
// How fast the engine is, in turn with a bare loop of the same shape.
// engine_bench [peers [threads [searches [ttl [echo [shard_bits]]]]]]
#include <cstdio>
#include <cstdlib>

#include "sim/bench/bench.h"

int main(int argc, char** argv) {
  using namespace shoal;
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
  const Result<sim::BenchResult> result = sim::run_bench(request, overlay::registry());
  if (!result) {
    std::fprintf(stderr, "%s: %s\n", result.error().what.c_str(), result.error().why.c_str());
    return 2;
  }
  std::printf(
      "%u peers, %u threads: %.2f M deliveries/s, %.2f per CPU second (%.2f M in %.2f s), %.0f "
      "bytes/peer\n",
      request.peers, request.threads, result->deliveries_per_second / 1e6,
      static_cast<double>(result->deliveries) / 1e6 / result->cpu_seconds,
      static_cast<double>(result->deliveries) / 1e6, result->seconds, result->bytes_per_peer);
  std::printf("  built in %.2f s, digest %016llx\n", result->build_seconds,
              static_cast<unsigned long long>(result->digest));
  return 0;
}
