// SPDX-License-Identifier: Apache-2.0
#include "cli/client/common/wanted.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <optional>
#include <system_error>

#include "cli/client/context/text.h"
#include "cli/client/files/last_search.h"
#include "proto/rpc/content_link.h"
#include "proto/types/text.h"

namespace shoal::client {
namespace {

namespace bj = boost::json;

std::optional<std::size_t> row_number(const std::string& word) {
  std::size_t number = 0;
  const char* end = word.data() + word.size();
  const auto [at, error] = std::from_chars(word.data(), end, number);
  if (at != end || error != std::errc{}) return std::nullopt;
  return number;
}

Result<Wanted> wanted_row(Context& context, std::size_t number) {
  const auto places = context.places();
  if (!places) return tl::unexpected(places.error());
  const auto rows = FoundRows::load(last_search_file(*places));
  if (!rows) return tl::unexpected(rows.error());
  const auto* row = rows->row(number);
  if (row == nullptr) {
    return fail(
        Errc::kNotFound, fmt::format("the last search has no row {}", number),
        fmt::format("it found {}", count_of(static_cast<std::int64_t>(rows->size()), "file")),
        "search again, or name a content id");
  }
  return Wanted{row->content, row->name, rows->search(), {}};
}

// What the last search found by that name, as a table shows it: if that is one file.
std::optional<Wanted> wanted_name(Context& context, const std::string& name) {
  const auto places = context.places();
  if (!places) return std::nullopt;
  const auto rows = FoundRows::load(last_search_file(*places));
  const FoundRow* const row = rows ? rows->named(name) : nullptr;
  if (row == nullptr) return std::nullopt;
  return Wanted{row->content, row->name, rows->search(), {}};
}

}  // namespace

bj::object Wanted::body() const {
  bj::object out{{"content", to_text(content)}};
  if (!name.empty()) out["name"] = name;
  if (!search.empty()) out["search"] = search;
  if (!sources.empty()) out["sources"] = sources;
  return out;
}

Result<Wanted> wanted(Context& context, const std::string& word) {
  if (const auto number = row_number(word)) return wanted_row(context, *number);
  if (rpc::looks_like_link(word)) {
    const auto link = rpc::parse_content_link(word);
    if (!link) return tl::unexpected(link.error());
    Wanted out{link->content, link->name, {}, {}};
    for (const auto& source : link->sources) out.sources.emplace_back(to_text(source));
    return out;
  }
  if (const auto content = parse_content_id(word)) return Wanted{*content, {}, {}, {}};
  if (auto named = wanted_name(context, word)) return std::move(*named);
  return fail(Errc::kInvalidArgument, "\"" + word + "\" names no file",
              "it is no row of the last search, nor the name of one alone, no content id and no "
              "shoal:? link",
              "shoal search WORDS, then shoal get 1");
}

Result<std::string> absolute(const std::string& path) {
  std::error_code error;
  const auto full = std::filesystem::absolute(path, error).lexically_normal();
  if (!error) return full.string();
  return fail(Errc::kIo, "cannot find " + path, error.message());
}

}  // namespace shoal::client
