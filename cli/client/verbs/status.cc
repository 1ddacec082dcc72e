// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/client/context/context.h"
#include "cli/client/context/fields.h"
#include "cli/client/context/text.h"
#include "cli/client/output/sheet.h"
#include "cli/client/verbs/verb_table.h"

namespace shoal::client {
namespace {

namespace bj = boost::json;

std::string friends_line(const Context& context, const bj::object& status) {
  std::string roles;
  for (const char* role : {"primary", "secondary"}) {
    const std::string name = text_at(status, fmt::format("{}.name", role));
    if (name.empty()) continue;
    const std::string state = text_at(status, fmt::format("{}.state", role));
    roles += fmt::format("{}{} {} {}", roles.empty() ? " (" : ", ", role, name,
                         painted_state(context, state));
  }
  return fmt::format("friends {}/{} up{}", count_at(status, "friends.up"),
                     count_at(status, "friends.total"), roles.empty() ? "" : roles + ")");
}

// Empty where all neighbours are friends.
std::string neighbours_line(const bj::object& status) {
  const bool chosen = text_at(status, "neighbours.membership") == "hyparview";
  const auto up = count_at(status, "neighbours.up");
  if (!chosen && up == 0) return {};
  std::string line = count_of(up, "neighbour") + " beside friends";
  if (chosen) line += fmt::format(", {} more known", count_at(status, "neighbours.known"));
  return line;
}

std::string shares_line(const bj::object& status) {
  return fmt::format("shares {}, {}, {}; transfers {} active",
                     count_of(count_at(status, "shares.folders"), "folder"),
                     count_of(count_at(status, "shares.files"), "file"),
                     human_bytes(static_cast<std::uint64_t>(count_at(status, "shares.bytes"))),
                     count_at(status, "transfers.active"));
}

// Empty where none is configured.
std::string broker_line(const Context& context, const bj::object& status) {
  const std::string url = text_at(status, "broker.url");
  if (url.empty()) return {};
  const std::string trouble = text_at(status, "broker.last_error");
  std::string line =
      fmt::format("broker {} {}", url, painted_state(context, text_at(status, "broker.state")));
  if (!trouble.empty()) line += ": " + trouble;
  const auto next_ms = count_at(status, "broker.next_try_ms");
  if (next_ms > 0) line += fmt::format("; next try in {}", human_time(next_ms));
  return line;
}

void show(Context& context, const bj::object& status) {
  context.print(fmt::format("{} {}  up {}  network {}{}  version {}, pid {}",
                            context.paint(Context::Tone::kBold, text_at(status, "name")),
                            short_id(raw_at(status, "id")),
                            human_time(count_at(status, "uptime_ms")), text_at(status, "network"),
                            text_at(status, "mode") == "open" ? " (open)" : "",
                            text_at(status, "version"), text_at(status, "pid")));
  context.print(friends_line(context, status));
  const std::string neighbours = neighbours_line(status);
  if (!neighbours.empty()) context.print(neighbours);
  context.print(shares_line(status));
  const std::string directory = text_at(status, "directory.url");
  const std::string trouble = text_at(status, "directory.last_error");
  if (directory.empty()) {
    context.print("directory none");
  } else {
    context.print(fmt::format("directory {} {}{}", directory,
                              painted_state(context, text_at(status, "directory.state")),
                              trouble.empty() ? "" : ": " + trouble));
  }
  const std::string broker = broker_line(context, status);
  if (!broker.empty()) context.print(broker);
  context.print(fmt::format("friends reach it at {}", text_at(status, "url")));
  const std::string rest = text_at(status, "rest");
  context.print(
      fmt::format("socket {}{}", text_at(status, "socket"), rest.empty() ? "" : ", rest " + rest));
  const auto* drops = at_path(status, "drops");
  if (drops == nullptr || !drops->is_object()) return;
  std::string line;
  for (const auto& [name, count] : drops->get_object()) {
    if (!count.is_number() || count == 0) continue;
    line += fmt::format("{}{} {}", line.empty() ? "dropped: " : ", ", clean(bj::serialize(count)),
                        clean(name));
  }
  if (!line.empty()) context.print(line);
}

// One value a line: "friends.up<TAB>4".
void show_plain(Context& context, const bj::object& object, const std::string& prefix = {}) {
  for (const auto& [key, value] : object) {
    const std::string name = prefix.empty() ? std::string(key) : prefix + "." + std::string(key);
    if (const auto* inner = value.if_object()) {
      show_plain(context, *inner, name);
    } else if (!value.is_array()) {
      context.print(clean(name) + "\t" + text_at(object, key));
    }
  }
}

Result<int> run(Context& context) {
  const auto status = context.call("GET", "/v1/status");
  if (!status) return tl::unexpected(status.error());
  switch (context.format()) {
    case Format::kJson:
      print_json(context, *status);
      break;
    case Format::kIds:
      context.print(text_at(*status, "id"));
      break;
    case Format::kTsv:
      show_plain(context, *status);
      break;
    case Format::kTable:
      show(context, *status);
      break;
  }
  return 0;
}

}  // namespace

const Verb kStatus{.name = "status",
                   .group = Group::kStart,
                   .synopsis = "",
                   .summary = "how this peer, its friends, shares, directory and broker are",
                   .examples = "shoal status\nshoal status --json=name,url",
                   .flags = {},
                   .words_min = 0,
                   .words_max = 0,
                   .run = run};

}  // namespace shoal::client
