// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <limits>
#include <system_error>

#include "cli/client/common/wanted.h"
#include "cli/client/context/context.h"
#include "cli/client/context/fields.h"
#include "cli/client/context/text.h"
#include "cli/client/output/sheet.h"
#include "cli/client/verbs/verb_table.h"
#include "proto/http/percent.h"
#include "proto/types/text.h"

namespace shoal::client {
namespace {

// The question that the word is to the daemon: something here, or something found.
Result<std::string> question(Context& context, const std::string& word) {
  std::error_code error;
  const bool number = word.find_first_not_of("0123456789") == std::string::npos;
  if (!number && std::filesystem::exists(word, error)) {
    const auto path = absolute(word);
    if (!path) return tl::unexpected(path.error());
    return http::encode_query("path", *path);
  }
  auto found = wanted(context, word);
  if (!found) {
    Error refused = found.error();
    if (refused.code == Errc::kInvalidArgument && !word.starts_with("shoal:")) {
      refused.why = "it is no file or folder here, no row of the last search and no content id";
      refused.next = "shoal link FILE, or shoal search WORDS and shoal link 1";
    }
    return tl::unexpected(refused);
  }
  std::string query = http::encode_query("content", to_text(found->content));
  if (!found->name.empty()) query += "&" + http::encode_query("name", found->name);
  return query;
}

Result<int> run(Context& context) {
  for (const auto& word : context.args().words) {
    const auto query = question(context, word);
    if (!query) return tl::unexpected(query.error());
    const auto link = context.call("GET", "/v1/links?" + *query);
    if (!link) return tl::unexpected(link.error());
    if (context.format() == Format::kJson) {
      print_json(context, *link);
    } else if (context.format() == Format::kIds) {
      context.print(text_at(*link, "content"));
    } else {
      context.print(text_at(*link, "link"));
    }
    if (items_at(*link, "sources").empty()) {
      context.note("# no source is known: who gets it has to search for it");
    }
  }
  return 0;
}

}  // namespace

const Verb kLink{
    .name = "link",
    .group = Group::kFiles,
    .synopsis = "FILE | FOLDER | ROW | NAME | CONTENT-ID...",
    .summary = "print a link by which friends fetch it without a search",
    .examples = "shoal link ~/Books/handbook.pdf\nshoal link ~/Music/Album\nshoal link 1",
    .flags = {},
    .words_min = 1,
    .words_max = std::numeric_limits<std::size_t>::max(),
    .run = run,
    .notes =
        "Of something that you share the link names you; of a row of the last search, those who\n"
        "have it. Sources answer their friends only: who is no friend of any of them finds the\n"
        "file by a search for its content id, which shoal get does by itself."};

}  // namespace shoal::client
