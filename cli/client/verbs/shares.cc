// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>

#include "cli/client/common/scan.h"
#include "cli/client/context/context.h"
#include "cli/client/context/fields.h"
#include "cli/client/context/text.h"
#include "cli/client/output/sheet.h"
#include "cli/client/verbs/verb_table.h"
#include "proto/http/percent.h"

namespace shoal::client {
namespace {

namespace bj = boost::json;

Cell size_cell(const bj::object& row, std::string_view name) {
  const auto bytes = static_cast<std::uint64_t>(count_at(row, name));
  return {human_bytes(bytes), std::to_string(bytes)};
}

constexpr std::array kShareColumns{
    Column{"PATH", [](const bj::object& row) -> Cell { return raw_at(row, "path"); }},
    Column{"FILES", [](const bj::object& row) -> Cell { return raw_at(row, "files"); }, true},
    Column{"SIZE", [](const bj::object& row) { return size_cell(row, "bytes"); }, true},
    Column{"STATE", [](const bj::object& row) -> Cell { return raw_at(row, "state"); }},
    Column{"ERRORS", [](const bj::object& row) -> Cell { return raw_at(row, "errors"); }, true},
};
constexpr SheetKind kShareSheet{"shoal/shares/1", kShareColumns, "path"};

constexpr std::array kFileColumns{
    Column{"NAME", [](const bj::object& row) -> Cell { return raw_at(row, "name"); }},
    Column{"SIZE", [](const bj::object& row) { return size_cell(row, "size"); }, true},
    Column{"PATH", [](const bj::object& row) -> Cell { return raw_at(row, "path"); }},
    Column{"CONTENT",
           [](const bj::object& row) -> Cell {
             const std::string content = raw_at(row, "content");
             return {fit(content, 12), content};
           }},
};
constexpr SheetKind kFileSheet{"shoal/files/1", kFileColumns, "content"};

constexpr std::array kErrorColumns{
    Column{"SHARE", [](const bj::object& row) -> Cell { return raw_at(row, "share"); }},
    Column{"PATH", [](const bj::object& row) -> Cell { return raw_at(row, "path"); }},
    Column{"WHY",
           [](const bj::object& row) -> Cell {
             const std::string why = raw_at(row, "why");
             return why.empty() ? raw_at(row, "error.why") : why;
           }},
};
constexpr SheetKind kErrorSheet{"shoal/share.errors/1", kErrorColumns, "path"};

Result<int> list_files(Context& context) {
  const auto limit = context.args().number("--limit", 1, 100'000);
  if (!limit) return tl::unexpected(limit.error());
  std::uint64_t left = limit->value_or(100);
  std::string cursor;
  Sheet sheet(context, kFileSheet, Sheet::Rows::kTogether);
  while (left > 0) {
    std::string path =
        "/v1/shares/files?" +
        http::encode_query("limit", std::to_string(std::min(left, std::uint64_t{200})));
    if (const auto words = context.args().value("--files"); words && !words->empty()) {
      path += "&" + http::encode_query("q", *words);
    }
    if (!cursor.empty()) path += "&" + http::encode_query("cursor", cursor);
    const auto answer = context.call("GET", path);
    if (!answer) return tl::unexpected(answer.error());
    for (const auto& item : items_at(*answer, "items")) {
      if (!item.is_object() || left == 0) continue;
      sheet.add(item.get_object());
      --left;
    }
    const std::string next = raw_at(*answer, "next_cursor");
    if (next.empty() || next == cursor) break;
    cursor = next;
  }
  sheet.finish("no shared file matches");
  return sheet.rows() == 0 ? 3 : 0;
}

Result<int> run(Context& context) {
  const auto& args = context.args();
  if (!args.words.empty() && args.words.front() != "rescan") {
    return fail(Errc::kInvalidArgument, "shares does not know \"" + args.words.front() + "\"", "",
                "shoal shares, or shoal shares rescan");
  }
  if (!args.words.empty()) return scan(context, "/v1/shares/rescan", {});
  if (args.has("--errors")) {
    return print_list(context, "/v1/shares/errors", kErrorSheet, "no errors in what is shared");
  }
  if (args.value("--files")) return list_files(context);
  return print_list(context, "/v1/shares", kShareSheet,
                    "nothing is shared yet: shoal share FOLDER");
}

constexpr std::array kFlags{
    Flag{"--files", "WORDS", "list shared files whose names match; \"\" lists all"},
    Flag{"--limit", "N", "with --files: at most so many (100)"},
    Flag{"--errors", "", "what inside the shares could not be shared, and why"},
};

}  // namespace

const Verb kShares{.name = "shares",
                   .group = Group::kFiles,
                   .synopsis = "[rescan] [--files WORDS] [--errors]",
                   .summary = "what this peer shares",
                   .examples = "shoal shares\nshoal shares --files handbook\nshoal shares rescan",
                   .flags = kFlags,
                   .words_min = 0,
                   .words_max = 1,
                   .run = run};

}  // namespace shoal::client
