// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/folder_note.h"

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
  return bj::serialize(bj::object{{"schema", kSchema},
                                  {"name", note.name},
                                  {"only", std::move(only)},
                                  {"placing", note.placing}});
}

std::optional<FolderNote> read_folder_note(std::string_view text) {
  const auto value = json::parse(text);
  if (!value) return std::nullopt;
  FolderNote note;
  json::ObjectReader in(*value, "the note of a folder");
  in.schema(kSchema).required("name", note.name).required("only", note.only);
  in.required("placing", note.placing);
  if (!in.finish()) return std::nullopt;
  return note;
}

}  // namespace shoal::transfer
