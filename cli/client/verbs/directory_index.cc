// SPDX-License-Identifier: Apache-2.0
// The directory's index: publishing there, and looking into it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

#include "cli/client/context/context.h"
#include "cli/client/context/fields.h"
#include "cli/client/context/text.h"
#include "cli/client/output/sheet.h"
#include "cli/client/verbs/directory_verbs.h"
#include "proto/http/percent.h"
#include "proto/json/schema.h"
#include "proto/types/text.h"

namespace shoal::client {
namespace {

namespace bj = boost::json;

constexpr std::array kColumns{
    Column{"NAME",
           [](const bj::object& row) -> Cell {
             const std::string name = raw_at(row, "name");
             return {fit(clean(name), 40), name};
           },
           false, 40},
    Column{"SIZE",
           [](const bj::object& row) -> Cell {
             const auto bytes = static_cast<std::uint64_t>(count_at(row, "size"));
             return {human_bytes(bytes), std::to_string(bytes)};
           },
           true, 10},
    Column{"OWNER",
           [](const bj::object& row) -> Cell {
             const std::string name = raw_at(row, "owner.name");
             const std::string id = raw_at(row, "owner.id");
             return {name.empty() ? short_id(id) : name, name.empty() ? id : name};
           },
           false, 8},
    Column{"ADDRESS",
           [](const bj::object& row) -> Cell {
             std::string out;
             const auto* owner = at_path(row, "owner");
             if (owner == nullptr || !owner->is_object()) return out;
             for (const auto& endpoint : items_at(owner->get_object(), "endpoints")) {
               if (!endpoint.is_string()) continue;
               out += (out.empty() ? "" : ",") + std::string(endpoint.get_string());
             }
             return out;
           },
           false, 14},
    Column{"CONTENT", [](const bj::object& row) -> Cell { return raw_at(row, "content"); }},
};
constexpr SheetKind kSheet{json::schema::kDirectoryFiles, kColumns, "content"};

}  // namespace

Result<int> directory_index(Context& context) {
  const auto answer = context.call("POST", "/v1/directory/index");
  if (!answer) return tl::unexpected(answer.error());
  if (context.format() == Format::kJson) {
    print_change(context, *answer);
    return 0;
  }
  const auto left_out = count_at(*answer, "left_out");
  context.print(fmt::format("published {} (+{} -{})", count_of(count_at(*answer, "files"), "file"),
                            count_at(*answer, "came"), count_at(*answer, "went")));
  if (left_out > 0) {
    context.note(fmt::format("{} left out: the index takes no more of one peer",
                             count_of(left_out, "file")));
  }
  return 0;
}

Result<int> directory_search(Context& context) {
  auto words = context.args().words;
  words.erase(words.begin());  // "search"
  const std::string text = fmt::format("{}", fmt::join(words, " "));
  if (text.empty()) {
    return fail(Errc::kInvalidArgument, "what is searched?", "there is no word",
                "shoal directory search handbook");
  }
  const char* const by = context.args().has("--exact") ? "name"
                         : parse_content_id(text)      ? "content"
                                                       : "q";
  const std::string path = "/v1/directory/search?" + http::encode_query(by, text);
  std::string cursor;
  std::int64_t refused = 0;
  Sheet sheet(context, kSheet, Sheet::Rows::kTogether);
  while (true) {
    const auto answer = context.call(
        "GET",
        path + (cursor.empty() ? std::string() : "&" + http::encode_query("cursor", cursor)));
    if (!answer) return tl::unexpected(answer.error());
    sheet.add_items(*answer);
    refused += count_at(*answer, "refused");
    const std::string next = raw_at(*answer, "next_cursor");
    if (next.empty() || next == cursor) break;
    cursor = next;
  }
  sheet.finish("no other peer published that; shoal search asks friends");
  if (refused > 0) {
    context.note(fmt::format("left out: {} that no owner signed", count_of(refused, "answer")));
  }
  return sheet.rows() == 0 ? info(Errc::kNotFound).exit_code : 0;
}

}  // namespace shoal::client
