// SPDX-License-Identifier: Apache-2.0
#include "cli/client/common/folder_files.h"

#include <array>

#include "cli/client/context/fields.h"
#include "cli/client/context/text.h"
#include "cli/client/output/sheet.h"
#include "proto/http/percent.h"
#include "proto/json/schema.h"

namespace shoal::client {
namespace {

namespace bj = boost::json;

constexpr Column kSize{"SIZE",
                       [](const bj::object& row) -> Cell {
                         if (raw_at(row, "kind") == "folder") return {"", ""};
                         const auto bytes = static_cast<std::uint64_t>(count_at(row, "size"));
                         return {human_bytes(bytes), std::to_string(bytes)};
                       },
                       true, 10};
constexpr Column kPath{"PATH", [](const bj::object& row) -> Cell {
                         const std::string path = raw_at(row, "path");
                         return {clean(path), path};
                       }};
constexpr Column kContent{"CONTENT",
                          [](const bj::object& row) -> Cell { return raw_at(row, "content"); }};
constexpr std::array kShown{kSize, kPath};
constexpr std::array kPlain{kSize, kPath, kContent};
constexpr SheetKind kShownSheet{json::schema::kFolderFiles, kShown, "content"};
constexpr SheetKind kPlainSheet{json::schema::kFolderFiles, kPlain, "content"};

}  // namespace

Result<void> print_folder_files(Context& context, const std::string& id) {
  const bool plain = context.format() == Format::kTsv;
  Sheet sheet(context, plain ? kPlainSheet : kShownSheet, Sheet::Rows::kAsTheyCome);
  std::string cursor = "0";
  while (!cursor.empty() && !context.stopped()) {
    const auto page = context.call(
        "GET", "/v1/folders/" + http::encode_segment(id) + "/files?limit=1000&cursor=" + cursor);
    if (!page) return tl::unexpected(page.error());
    for (const auto& item : items_at(*page, "items")) {
      if (item.is_object() && flag_at(item.get_object(), "selected")) sheet.add(item.get_object());
    }
    const std::string next = raw_at(*page, "next_cursor");
    if (next == cursor) break;
    cursor = next;
  }
  sheet.finish("the folder is empty, or nothing in it is selected");
  return {};
}

}  // namespace shoal::client
