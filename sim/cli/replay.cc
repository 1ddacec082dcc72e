// SPDX-License-Identifier: Apache-2.0
// shoal-sim replay: the record of a live peer, put through a fresh core.
#include "overlay/core/replay.h"

#include <boost/json.hpp>
#include <fstream>
#include <map>
#include <ostream>
#include <sstream>

#include "overlay/core/registry.h"
#include "overlay/membership/make.h"
#include "sim/cli/verbs.h"
#include "sim/experiment/result.h"
#include "sim/experiment/text_table.h"

namespace shoal::sim::cli {
namespace {

namespace json = boost::json;

/// What the replayed core wanted done, by kind.
struct Wanted {
  std::map<std::string, std::uint64_t, std::less<>> inputs;
  std::uint64_t sends = 0;
  std::uint64_t lookups = 0;
  std::uint64_t hits = 0;
  std::uint64_t reports = 0;
  std::uint64_t cuts = 0;

  void add(std::string_view input, const overlay::Effects& out) {
    ++inputs.try_emplace(std::string(input)).first->second;
    sends += out.sends.size();
    lookups += out.lookups.size();
    hits += out.hits.size();
    reports += out.finished.size();
    cuts += out.cuts.size();
  }
};

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    return fail(Errc::kNotFound, "cannot read " + path, "there is no such file, or it is empty");
  }
  return std::move(text).str();
}

std::string span_of(Instant until) {
  return decimals(std::chrono::duration<double>(until.time_since_epoch()).count(), 3) + " s";
}

std::string table(const overlay::Replay& replay, const Wanted& wanted) {
  TextTable lines;
  lines.say(replay.differs ? "the core of this program is another than the peer's"
                           : "every input was replayed, with equal effects");
  lines.add("inputs", grouped(replay.inputs),
            "over " + span_of(replay.until) +
                (replay.full ? "; the record was full, the peer went on" : ""));
  for (const auto& [input, count] : wanted.inputs) lines.add("  " + input, grouped(count));
  lines.add("wanted", grouped(wanted.sends), "messages sent");
  lines.add("", grouped(wanted.lookups), "lookups");
  lines.add("", grouped(wanted.hits), "hits of own searches");
  lines.add("", grouped(wanted.reports), "own searches ended");
  lines.add("", grouped(wanted.cuts), "links cut for offences");
  if (replay.differs) {
    lines.add("differs", grouped(*replay.differs), "the first such input: " + replay.difference);
  }
  return lines.text();
}

json::object to_json(const overlay::Replay& replay, const Wanted& wanted) {
  json::object inputs;
  for (const auto& [input, count] : wanted.inputs) inputs[input] = count;
  json::object out{{"schema", "shoal/sim.replay/1"},
                   {"equal", !replay.differs},
                   {"inputs", replay.inputs},
                   {"by_input", std::move(inputs)},
                   {"until_us", replay.until.time_since_epoch().count()},
                   {"full", replay.full},
                   {"sends", wanted.sends},
                   {"lookups", wanted.lookups},
                   {"hits", wanted.hits},
                   {"reports", wanted.reports},
                   {"cuts", wanted.cuts}};
  if (replay.differs) out["difference"] = replay.difference;
  return out;
}

}  // namespace

Result<int> replay_verb(World& world, const Arguments& arguments) {
  if (arguments.words().size() != 1) {
    return fail(Errc::kInvalidArgument, "the command line is wrong", "one file is expected",
                "a peer writes one when its configuration has record.file");
  }
  const auto record = read_file(arguments.words().front());
  if (!record) return tl::unexpected(record.error());
  const auto config = overlay::config_of(*record);
  if (!config) return tl::unexpected(config.error());
  Wanted wanted;
  const auto replay =
      overlay::replay(*record, overlay::registry(), overlay::make_membership(*config),
                      [&](Instant, std::string_view input, const overlay::Effects& out) {
                        wanted.add(input, out);
                      });
  if (!replay) return tl::unexpected(replay.error());
  world.out << (arguments.has("--json") ? pretty(to_json(*replay, wanted)) + "\n"
                                        : table(*replay, wanted));
  return replay->differs ? 1 : 0;
}

}  // namespace shoal::sim::cli
