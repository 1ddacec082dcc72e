// SPDX-License-Identifier: Apache-2.0
// shoal-sim swarm: how long a crowd takes to fetch one file.
#include "sim/swarm/swarm.h"

#include <algorithm>
#include <ostream>

#include "sim/cli/verbs.h"
#include "sim/experiment/result.h"
#include "sim/experiment/text_table.h"

namespace shoal::sim::cli {
namespace {

constexpr std::uint64_t kLeechersMax = 10'000;
constexpr std::uint64_t kMibMax = 64 * 1024;
constexpr std::uint64_t kRateMax = 100'000'000'000;

Error wrong_line(std::string why) {
  return {Errc::kInvalidArgument, "the command line is wrong", std::move(why), {}};
}

Result<SwarmSpec> spec_of(const Arguments& arguments) {
  SwarmSpec spec{.leechers = 1000, .bytes = std::uint64_t{1} << 30U};
  std::optional<Error> wrong;
  const auto read = [&](const char* option, std::uint64_t min, std::uint64_t max, auto use) {
    const auto value = arguments.number(option, max);
    if (wrong) return;
    if (!value) {
      wrong = value.error();
    } else if (*value && **value < min) {
      wrong = wrong_line(std::string(option) + " is at least " + std::to_string(min));
    } else if (*value) {
      use(**value);
    }
  };
  using N = std::uint64_t;
  read("--leechers", 1, kLeechersMax, [&](N n) { spec.leechers = static_cast<std::uint32_t>(n); });
  read("--mib", 1, kMibMax, [&](N n) { spec.bytes = n << 20U; });
  read("--rate", 1000, kRateMax, [&](N n) { spec.seed_up = spec.up = spec.down = n; });
  read("--seed-rate", 1000, kRateMax, [&](N n) { spec.seed_up = n; });
  read("--sources", 0, kLeechersMax, [&](N n) { spec.sources = static_cast<std::uint32_t>(n); });
  read("--slots", 1, 256, [&](N n) { spec.slots.all = static_cast<std::uint32_t>(n); });
  read("--seed", 0, UINT64_MAX, [&](N n) { spec.seed = n; });
  if (!wrong && !arguments.words().empty()) wrong = wrong_line("swarm takes no file");
  if (wrong) return tl::unexpected(*wrong);
  return spec;
}

double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

Result<int> swarm_verb(World& world, const Arguments& arguments) {
  const auto spec = spec_of(arguments);
  if (!spec) return tl::unexpected(spec.error());
  SwarmResult result = Swarm(*spec).play();
  std::ranges::sort(result.done);
  const bool all = result.last() != Instant::max();
  const double bound = seconds(fluid_bound(*spec));
  const double last = all ? seconds(result.last() - Instant{}) : 0;
  const Instant middle = result.done[result.done.size() / 2];
  const double median = middle == Instant::max() ? 0 : seconds(middle - Instant{});
  const double file = static_cast<double>(spec->bytes);
  const double copies = file * spec->leechers;
  if (arguments.has("--json")) {
    const boost::json::object out{{"schema", "shoal/sim.swarm/1"},
                                  {"leechers", spec->leechers},
                                  {"bytes", spec->bytes},
                                  {"seed", std::to_string(spec->seed)},
                                  {"all_done", all},
                                  {"fluid_bound_seconds", bound},
                                  {"last_seconds", last},
                                  {"median_seconds", median},
                                  {"ratio", last / bound},
                                  {"seed_copies", static_cast<double>(result.from[0]) / file},
                                  {"wasted", static_cast<double>(result.wasted) / copies},
                                  {"turns", result.turns},
                                  {"refused", result.refused},
                                  {"events", result.events}};
    world.out << pretty(out) << "\n";
    return all ? 0 : 1;
  }
  TextTable lines;
  lines.say(grouped(spec->leechers) + " leechers, one seed, " + grouped(spec->bytes >> 20U) +
            " MiB");
  lines.add("fluid bound", decimals(bound, 1) + " s", "no distribution is faster");
  lines.add("last one done", all ? decimals(last, 1) + " s" : "never",
            all ? decimals(last / bound, 3) + " times the bound" : "");
  lines.add("median", decimals(median, 1) + " s");
  lines.add("sent by the seed", decimals(static_cast<double>(result.from[0]) / file, 2), "copies");
  lines.add("fetched in vain",
            decimals(100 * static_cast<double>(result.wasted) / copies, 2) + " %");
  lines.add("turns", grouped(result.turns), grouped(result.refused) + " found the queue full");
  world.out << lines.text();
  return all ? 0 : 1;
}

}  // namespace shoal::sim::cli
