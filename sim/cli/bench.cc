// SPDX-License-Identifier: Apache-2.0
// shoal-sim bench: how fast and how large simulations are here.
#include "sim/bench/bench.h"

#include <ostream>

#include "sim/cli/verbs.h"
#include "sim/experiment/result.h"
#include "sim/experiment/scene.h"
#include "sim/experiment/text_table.h"

namespace shoal::sim::cli {
namespace {

constexpr std::uint32_t kMany = 1'000'000;

Result<BenchRequest> request_of(const Arguments& arguments) {
  BenchRequest request;
  std::optional<Error> wrong;
  const auto read = [&](const char* option, std::uint64_t max, auto& field) {
    const auto value = arguments.number(option, max);
    if (!value) {
      wrong = wrong ? wrong : value.error();
    } else if (*value) {
      field = static_cast<std::remove_reference_t<decltype(field)>>(**value);
    }
    return value && *value;
  };
  read("--peers", limits::kSimPeersMax, request.peers);
  request.ttl = request.peers >= kMany ? 12 : 7;
  read("--degree", limits::kSimPeersMax, request.degree);
  read("--ttl", limits::kTtlLimitSimulator, request.ttl);
  read("--searches", UINT32_MAX, request.searches);
  read("--threads", limits::kSimThreadsMax, request.threads);
  read("--seed", UINT64_MAX, request.seed);
  request.echo = arguments.has("--echo");
  request.rule = arguments.has("--deepest") ? DuplicateRule::kDeepest : DuplicateRule::kClassic;
  if (!wrong && !arguments.words().empty()) {
    wrong = Error{Errc::kInvalidArgument, "the command line is wrong", "bench takes no file", {}};
  }
  if (wrong) return tl::unexpected(*wrong);
  return request;
}

}  // namespace

Result<int> bench_verb(World& world, const Arguments& arguments) {
  const auto request = request_of(arguments);
  if (!request) return tl::unexpected(request.error());
  const std::uint64_t links = std::uint64_t{request->peers} * request->degree / 2;
  if (auto fits = check_memory({}, request->peers, links); !fits) {
    return tl::unexpected(fits.error());
  }
  const auto result = run_bench(*request, overlay::registry());
  if (!result) return tl::unexpected(result.error());
  if (arguments.has("--json")) {
    const boost::json::object out{{"schema", "shoal/sim.bench/1"},
                                  {"peers", request->peers},
                                  {"degree", request->degree},
                                  {"ttl", request->ttl},
                                  {"searches", request->searches},
                                  {"threads", request->threads},
                                  {"seed", std::to_string(request->seed)},
                                  {"echo", request->echo},
                                  {"deliveries", result->deliveries},
                                  {"seconds", result->seconds},
                                  {"cpu_seconds", result->cpu_seconds},
                                  {"deliveries_per_second", result->deliveries_per_second},
                                  {"bytes_per_peer", result->bytes_per_peer},
                                  {"build_seconds", result->build_seconds},
                                  {"digest", hex_of(result->digest)}};
    world.out << pretty(out) << "\n";
    return 0;
  }
  TextTable lines;
  lines.say(grouped(request->peers) + " peers of degree " + std::to_string(request->degree) +
            ", ttl " + std::to_string(request->ttl) + (request->echo ? ", echo on" : ", echo off") +
            ", " + std::to_string(request->threads) +
            (request->threads == 1 ? " thread" : " threads"));
  lines.add("delivered per second", decimals(result->deliveries_per_second / 1e6, 2) + " M",
            grouped(result->deliveries) + " in " + decimals(result->seconds, 2) + " s");
  lines.add("memory per peer", decimals(result->bytes_per_peer, 0), "bytes");
  lines.add("built in", decimals(result->build_seconds, 2) + " s");
  lines.say("digest " + hex_of(result->digest));
  world.out << lines.text();
  return 0;
}

}  // namespace shoal::sim::cli
