// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

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

Cell age(const bj::object& row) {
  const auto since = number_at(row, "since_unix");
  if (!since || *since == 0) return {"-", ""};
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  return {human_time(std::max<std::int64_t>(0, now - *since) * 1000), std::to_string(*since)};
}

// How far it is, while it comes.
Cell state(const bj::object& row) {
  const std::string word = raw_at(row, "state");
  const auto size = count_at(row, "size");
  if (word != "coming" || size <= 0) return word;
  return {fmt::format("{}, {} %", word, count_at(row, "bytes_done") * 100 / size), word};
}

constexpr std::array kColumns{
    Column{"ID", [](const bj::object& row) -> Cell { return raw_at(row, "id"); }},
    Column{"NAME",
           [](const bj::object& row) -> Cell {
             const std::string name = raw_at(row, "name");
             return {name.empty() ? "-" : fit(clean(name), 40), name};
           }},
    Column{"SIZE",
           [](const bj::object& row) -> Cell {
             const auto bytes = static_cast<std::uint64_t>(count_at(row, "size"));
             return {human_bytes(bytes), std::to_string(bytes)};
           },
           true},
    Column{"FROM",
           [](const bj::object& row) -> Cell {
             const std::string id = raw_at(row, "from");
             const std::string name = clean(raw_at(row, "from_name"));
             return {id.empty() ? name : fmt::format("{} ({})", name, short_id(id)), id};
           }},
    Column{"SINCE", age, true},
    Column{"STATE", state},
};
constexpr SheetKind kSheet{"shoal/inbox/1", kColumns, "id"};

Result<void> decide(Context& context, bool accepts, const std::string& id) {
  const std::string path = "/v1/inbox/" + http::encode_segment(id);
  const auto done = accepts ? context.call("POST", path + "/accept") : context.call("DELETE", path);
  if (!done) return tl::unexpected(done.error());
  if (context.format() == Format::kJson) {
    print_change(context, *done);
  } else if (accepts) {
    context.note("accepted " + clean(id) + ", shared from now on");
    context.print(clean(raw_at(*done, "path")));
  } else {
    context.note("rejected " + clean(id) + ", it is gone");
  }
  return {};
}

Result<int> run(Context& context) {
  const auto& words = context.args().words;
  if (words.empty()) {
    return print_list(context, "/v1/inbox", kSheet, "nothing waits in the inbox");
  }
  const bool accepts = words.front() == "accept";
  if (!accepts && words.front() != "reject") {
    return fail(Errc::kInvalidArgument, "inbox does not know \"" + words.front() + "\"",
                "it lists, or accepts or rejects by id", "shoal inbox accept ID");
  }
  return for_each_id(context, {"file", "shoal inbox"},
                     [&](const std::string& id) { return decide(context, accepts, id); });
}

}  // namespace

const Verb kInbox{
    .name = "inbox",
    .group = Group::kFiles,
    .synopsis = "[accept ID... | reject ID...]",
    .summary = "what friends put here, and what shall become of it",
    .examples = "shoal inbox\nshoal inbox accept 3f9c21aa07d4\nshoal inbox reject 3f9c",
    .flags = {},
    .words_min = 0,
    .words_max = 64,
    .run = run,
    .notes =
        "What waits is hidden and not shared. An accepted file moves into inbox.folder, is shared\n"
        "from there, and found once it is hashed; a rejected one is deleted. An id may be cut to\n"
        "four characters or more. inbox.accept: share takes files unasked; off takes none."};

}  // namespace shoal::client
