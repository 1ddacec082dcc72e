// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>

#include "cli/client/context.h"
#include "cli/client/fields.h"
#include "cli/client/sheet.h"
#include "cli/client/text.h"
#include "cli/client/verb_table.h"
#include "proto/http/percent.h"

namespace shoal::client {
namespace {

namespace bj = boost::json;

constexpr std::array kColumns{
    Column{"ID", [](const bj::object& row) -> Cell { return raw_at(row, "id"); }},
    Column{"NAME",
           [](const bj::object& row) -> Cell {
             const std::string name = raw_at(row, "name");
             return {fit(clean(name), 40), name};
           }},
    Column{"SIZE",
           [](const bj::object& row) -> Cell {
             const auto bytes = static_cast<std::uint64_t>(count_at(row, "size"));
             return {human_bytes(bytes), std::to_string(bytes)};
           },
           true},
    Column{
        "DONE",
        [](const bj::object& row) -> Cell {
          const auto size = count_at(row, "size");
          const auto done = count_at(row, "bytes_done");
          return {fmt::format("{} %", size <= 0 ? 100 : done * 100 / size), std::to_string(done)};
        },
        true},
    Column{"SOURCES", [](const bj::object& row) -> Cell { return raw_at(row, "sources"); }, true},
    Column{"STATE", [](const bj::object& row) -> Cell { return raw_at(row, "state"); }},
    Column{"WHERE OR WHY",
           [](const bj::object& row) -> Cell {
             const std::string path = raw_at(row, "path");
             if (!path.empty()) return path;
             const std::string what = raw_at(row, "error.what");
             const std::string why = raw_at(row, "error.why");
             return why.empty() ? what : what + ": " + why;
           }},
};
constexpr SheetKind kSheet{"shoal/transfers/1", kColumns, "id"};

Error about(const std::string& id, Error error) {
  error.what = clean(id) + ": " + error.what;
  return error;
}

Result<int> run(Context& context) {
  const auto& words = context.args().words;
  if (words.empty()) {
    const auto answer = context.call("GET", "/v1/transfers");
    if (!answer) return tl::unexpected(answer.error());
    Sheet sheet(context, kSheet, Sheet::Rows::kTogether);
    for (const auto& item : items_at(*answer, "items")) {
      if (item.is_object()) sheet.add(item.get_object());
    }
    sheet.finish("no transfers");
    return 0;
  }
  if (words.front() == "cancel" && words.size() < 2) {
    return fail(Errc::kInvalidArgument, "which download to cancel is missing",
                "cancel takes one id or more", "shoal transfers lists them");
  }
  if (words.front() != "cancel") {
    return fail(Errc::kInvalidArgument, "transfers does not know \"" + words.front() + "\"",
                "it lists, or cancels by id", "shoal transfers cancel ID");
  }
  int code = 0;
  for (std::size_t at = 1; at < words.size(); ++at) {
    const auto gone = context.call("DELETE", "/v1/transfers/" + http::encode_segment(words[at]));
    if (gone) {
      context.note("cancelled " + clean(words[at]));
      continue;
    }
    if (words.size() == 2) return tl::unexpected(gone.error());
    // One that cannot be cancelled spares none of the others.
    print_error(context.world(), context.globals(), about(words[at], gone.error()));
    if (code == 0) code = info(gone.error().code).exit_code;
  }
  return code;
}

}  // namespace

const Verb kTransfers{.name = "transfers",
                      .group = Group::kFiles,
                      .synopsis = "[cancel ID...]",
                      .summary = "downloads and how far they are",
                      .examples = "shoal transfers\nshoal transfers cancel 3",
                      .flags = {},
                      .words_min = 0,
                      .words_max = 64,
                      .run = run};

}  // namespace shoal::client
