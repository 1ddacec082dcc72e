// SPDX-License-Identifier: Apache-2.0
#include "sim/bench/bench.h"

#include <chrono>
#include <ctime>
#include <memory>
#include <string>
#include <utility>

#include "sim/engine/engine.h"
#include "sim/engine/heap.h"
#include "sim/memory/small_memory.h"
#include "sim/network/delay.h"
#include "sim/topology/families.h"

namespace shoal::sim {
namespace {

using std::chrono::milliseconds;
using Stopwatch = std::chrono::steady_clock;

double seconds_since(Stopwatch::time_point start) {
  return std::chrono::duration<double>(Stopwatch::now() - start).count();
}

Result<std::unique_ptr<Engine>> build(const BenchRequest& request,
                                      std::span<const overlay::OverlayEntry> overlays) {
  TopologyParameters parameters;
  parameters.peers = request.peers;
  parameters.degree = request.degree;
  const Result<Graph> graph = make_graph("random-regular", parameters, request.seed);
  if (!graph) return tl::unexpected(graph.error());
  LinkLaw law;
  law.delay = DelayLaw(UniformDelay{milliseconds(10), milliseconds(100)});
  EngineOptions options;
  options.seed = request.seed;
  options.node.ttl_limit = std::max(limits::kTtlLimit, request.ttl);
  options.floor = law.floor();
  options.threads = request.threads;
  options.shard_bits = request.shard_bits;
  Result<std::unique_ptr<Engine>> engine = Engine::make(options, overlays);
  if (engine) (*engine)->build(*graph, law);
  return engine;
}

/// One search from a random peer, until it has ended and its last message has arrived.
Result<void> search(Engine& engine, const BenchRequest& request, Rng& origins) {
  overlay::SearchRequest wanted;
  wanted.ttl = request.ttl;
  wanted.body = make_payload<QueryBody>([&](QueryBody& query) {
    query.terms = "bench";
    query.rule = request.rule;
    query.echo = request.echo;
  });
  const PeerRef origin{static_cast<std::uint32_t>(origins.below(engine.size()))};
  const Result<QueryId> started = engine.search(origin, wanted);
  if (!started) return tl::unexpected(started.error());
  engine.run_until(engine.now() + limits::default_budget(request.ttl));
  return {};
}

/// Touches the program's own pages, so that they are not counted as peers' memory.
void warm_up(const BenchRequest& request, std::span<const overlay::OverlayEntry> overlays) {
  BenchRequest small = request;
  small.peers = 4 * (request.degree + 1);
  Rng origins(1);
  const Result<std::unique_ptr<Engine>> made = build(small, overlays);
  if (!made) return;  // the real one will say why
  static_cast<void>(search(**made, small, origins));
  (*made)->shrink();
}

/// `count` searches, and all their timers to the last.
Result<void> search_all(Engine& engine, const BenchRequest& request, std::uint32_t count,
                        Rng& origins) {
  constexpr Duration kLongEnough = std::chrono::hours(1);
  for (std::uint32_t i = 0; i < count; ++i) {
    if (const Result<void> done = search(engine, request, origins); !done) return done;
  }
  engine.run(engine.now() + kLongEnough);
  return {};
}

/// Times the searches that are wanted.
Result<void> time_searches(Engine& engine, const BenchRequest& request, Rng& origins,
                           BenchResult& result) {
  const std::uint64_t earlier = engine.deliveries();
  const auto start = Stopwatch::now();
  const std::clock_t cpu_start = std::clock();
  const Result<void> done = search_all(engine, request, request.searches, origins);
  if (!done) return done;
  result.seconds = seconds_since(start);
  result.cpu_seconds = static_cast<double>(std::clock() - cpu_start) / CLOCKS_PER_SEC;
  result.deliveries = engine.deliveries() - earlier;
  result.deliveries_per_second = static_cast<double>(result.deliveries) / result.seconds;
  return {};
}

}  // namespace

Result<BenchResult> run_bench(const BenchRequest& request,
                              std::span<const overlay::OverlayEntry> overlays) {
  if (request.peers == 0 || request.searches == 0) {
    return fail(Errc::kInvalidArgument, "nothing was measured", "there are no peers or no searches",
                "ask for at least one of each");
  }
  BenchResult result;
  release_small_memory();  // of earlier runs in this process
  warm_up(request, overlays);
  const std::size_t before = bytes_held();
  const auto building = Stopwatch::now();
  const Result<std::unique_ptr<Engine>> made = build(request, overlays);
  if (!made) return tl::unexpected(made.error());
  Engine& engine = **made;
  result.build_seconds = seconds_since(building);
  // The first flood makes what peers keep, and its memory is given back so that this is measured.
  // The second gets that memory again: a simulation that runs never gives it back in between.
  Rng origins = Rng(request.seed).fork(1);
  Rng other_origin = Rng(request.seed).fork(2);
  if (const Result<void> done = search_all(engine, request, 1, origins); !done) {
    return tl::unexpected(done.error());
  }
  engine.shrink();
  release_small_memory();
  const std::size_t after = bytes_held();
  result.bytes_per_peer = static_cast<double>(after - std::min(before, after)) / request.peers;
  if (const Result<void> done = search_all(engine, request, 1, other_origin); !done) {
    return tl::unexpected(done.error());
  }
  if (const Result<void> done = time_searches(engine, request, origins, result); !done) {
    return tl::unexpected(done.error());
  }
  result.digest = engine.digest();
  return result;
}

}  // namespace shoal::sim
