// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cli/client/common/each_id.h"
#include "cli/client/context/context.h"
#include "cli/client/context/fields.h"
#include "cli/client/context/text.h"
#include "cli/client/output/sheet.h"
#include "cli/client/verbs/verb_table.h"
#include "proto/http/percent.h"

namespace shoal::client {
namespace {

namespace bj = boost::json;

// Of a file that is being hashed nothing is done yet.
std::int64_t percent(const bj::object& row) {
  const auto size = count_at(row, "size");
  if (raw_at(row, "state") == "hashing") return 0;
  return size <= 0 ? 100 : count_at(row, "bytes_done") * 100 / size;
}

std::string fate_or_why(const bj::object& row) {
  const std::string fate = raw_at(row, "fate");
  if (fate == "waiting") return "waits there to be accepted";
  if (fate == "shared") return "shared there";
  if (fate == "here") return "was shared there before";
  std::string out;
  for (const auto* const part : {"error.what", "error.why", "error.next"}) {
    const std::string words = raw_at(row, part);
    if (!words.empty()) out += (out.empty() ? "" : ": ") + words;
  }
  return out;
}

constexpr std::array kColumns{
    Column{"ID", [](const bj::object& row) -> Cell { return raw_at(row, "id"); }},
    Column{"NAME",
           [](const bj::object& row) -> Cell {
             const std::string name = raw_at(row, "name");
             return {fit(clean(name), 40), name};
           }},
    Column{"SIZE",
           [](const bj::object& row) -> Cell {
             const auto bytes =
                 static_cast<std::uint64_t>(std::max<std::int64_t>(0, count_at(row, "size")));
             return {human_bytes(bytes), std::to_string(bytes)};
           },
           true},
    Column{"TO",
           [](const bj::object& row) -> Cell {
             const std::string id = raw_at(row, "to");
             const std::string name = clean(raw_at(row, "to_name"));
             return {name.empty() ? short_id(id) : fmt::format("{} ({})", name, short_id(id)), id};
           }},
    Column{"DONE",
           [](const bj::object& row) -> Cell {
             return {fmt::format("{} %", percent(row)), raw_at(row, "bytes_done")};
           },
           true},
    Column{"STATE", [](const bj::object& row) -> Cell { return raw_at(row, "state"); }},
    Column{"FATE OR WHY", [](const bj::object& row) -> Cell { return fate_or_why(row); }},
};
constexpr SheetKind kSheet{"shoal/puts/1", kColumns, "id"};

Result<int> run(Context& context) {
  const auto& words = context.args().words;
  if (words.empty()) return print_list(context, "/v1/puts", kSheet, "nothing was put");
  if (words.front() != "cancel") {
    return fail(Errc::kInvalidArgument, "puts does not know \"" + words.front() + "\"",
                "it lists, or cancels by id", "shoal puts cancel ID");
  }
  return for_each_id(context, {"put", "shoal puts"}, [&](const std::string& id) -> Result<void> {
    const auto done = context.call("DELETE", "/v1/puts/" + http::encode_segment(id));
    if (!done) return tl::unexpected(done.error());
    context.note("cancelled " + clean(id));
    return {};
  });
}

}  // namespace

const Verb kPuts{
    .name = "puts",
    .group = Group::kFiles,
    .synopsis = "[cancel ID...]",
    .summary = "files on their way into friends' inboxes, and what became of them",
    .examples = "shoal puts\nshoal puts cancel 2",
    .flags = {},
    .words_min = 0,
    .words_max = 64,
    .run = run,
    .notes =
        "A put that runs goes on when the daemon is started again; what could not go on is\n"
        "listed with the reason. What has ended stays listed, also then, until a hundred newer\n"
        "ones have."};

}  // namespace shoal::client
