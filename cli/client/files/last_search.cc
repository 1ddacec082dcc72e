// SPDX-License-Identifier: Apache-2.0
#include "cli/client/files/last_search.h"

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "proto/json/reader.h"
#include "proto/types/text.h"

namespace shoal::client {

namespace bj = boost::json;
namespace fs = std::filesystem;

namespace {
constexpr std::string_view kSchema = "shoal/last.search/1";
}

std::size_t FoundRows::add(const json::SearchHit& hit) {
  const auto known = std::ranges::find(rows_, hit.content, &FoundRow::content);
  const auto at = static_cast<std::size_t>(known - rows_.begin());
  if (known == rows_.end()) rows_.push_back({hit.content, hit.name});
  return at + 1;
}

const FoundRow* FoundRows::named(const std::string& name) const {
  // A folder's name ends in '/', which nobody has to type.
  const auto is_it = [&](const FoundRow& row) {
    return row.name == name || row.name == name + "/";
  };
  const auto found = std::ranges::find_if(rows_, is_it);
  if (found == rows_.end()) return nullptr;
  return std::find_if(found + 1, rows_.end(), is_it) == rows_.end() ? &*found : nullptr;
}

const FoundRow* FoundRows::row(std::size_t number) const {
  return number == 0 || number > rows_.size() ? nullptr : &rows_[number - 1];
}

Result<void> FoundRows::save(const std::string& path) const {
  bj::array rows;
  for (const auto& row : rows_) {
    rows.push_back(bj::object{{"content", to_text(row.content)}, {"name", row.name}});
  }
  const bj::object whole{
      {"schema", kSchema}, {"search", search_}, {"latest", latest()}, {"rows", std::move(rows)}};
  const std::string fresh = path + ".new";
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  std::ofstream file(fresh, std::ios::trunc);
  file << bj::serialize(whole) << '\n';
  file.close();
  if (file) fs::rename(fresh, path, error);
  if (!file || error) {
    return fail(Errc::kIo, "cannot remember the search in " + path, error.message(),
                "get needs the content id then; see search --json");
  }
  return {};
}

Result<FoundRows> FoundRows::load(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    return fail(Errc::kNotFound, "there is no last search", "nothing was searched for yet",
                "shoal search WORDS");
  }
  std::stringstream text;
  text << file.rdbuf();
  const auto damaged = [&](const std::string& why) {
    return fail(Errc::kIntegrity, "the last search cannot be read from " + path, why,
                "search again");
  };
  const auto value = json::parse(text.str());
  if (!value) return damaged(value.error().why);
  FoundRows out;
  const bj::array* rows = nullptr;
  json::ObjectReader in(*value, "the last search");
  in.schema(kSchema)
      .required("search", out.search_)
      .optional("latest", out.latest_)
      .required("rows", rows)
      .ignore_others();
  if (auto done = in.finish(); !done) return damaged(done.error().why);
  for (const auto& row : *rows) {
    std::string content;
    FoundRow found;
    json::ObjectReader in_row(row, "a row of the last search");
    in_row.required("content", content).required("name", found.name);
    if (auto done = in_row.finish(); !done) return damaged(done.error().why);
    const auto id = parse_content_id(content);
    if (!id) return damaged(id.error().why);
    found.content = *id;
    out.rows_.push_back(std::move(found));
  }
  return out;
}

}  // namespace shoal::client
