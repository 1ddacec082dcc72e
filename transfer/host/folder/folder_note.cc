// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/folder/folder_note.h"

#include <boost/json.hpp>

#include "proto/json/reader.h"

namespace shoal::transfer {
namespace {

namespace bj = boost::json;
constexpr std::string_view kSchema = "shoal/folder.note/1";

}  // namespace

std::string to_text(const FolderNote& note) {
  bj::array only;
  for (const std::string& pattern : note.only) only.emplace_back(pattern);
  bj::object out{{"schema", kSchema},       {"name", note.name}, {"only", std::move(only)},
                 {"placing", note.placing}, {"id", note.id},     {"paused", nullptr}};
  if (const auto& paused = note.paused) {
    out["paused"] = {{"files_total", paused->files_total},
                     {"files_selected", paused->files_selected},
                     {"files_done", paused->files_done},
                     {"bytes_total", paused->bytes_total},
                     {"bytes_done", paused->bytes_done}};
  }
  return bj::serialize(out);
}

std::optional<FolderNote> read_folder_note(std::string_view text) {
  const auto value = json::parse(text);
  if (!value) return std::nullopt;
  FolderNote note;
  json::ObjectReader in(*value, "the note of a folder");
  in.schema(kSchema).required("name", note.name).required("only", note.only);
  in.required("placing", note.placing).optional("id", note.id);
  const bj::object* paused = nullptr;
  in.optional("paused", paused);
  if (!in.finish()) return std::nullopt;
  if (paused != nullptr) {
    FolderPause& out = note.paused.emplace();
    json::ObjectReader how(*paused, "the note's pause");
    how.required("files_total", out.files_total).required("files_selected", out.files_selected);
    how.required("files_done", out.files_done).required("bytes_total", out.bytes_total);
    how.required("bytes_done", out.bytes_done);
    if (!how.finish()) return std::nullopt;
  }
  return note;
}

}  // namespace shoal::transfer
