// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "cli/daemon/friends/card_desk.h"
#include "cli/daemon/rest/rest.h"
#include "cli/daemon/search/search_table.h"
#include "proto/rpc/content_link.h"
#include "proto/types/limits.h"
#include "proto/types/limits_folders.h"
#include "proto/types/text.h"
#include "transfer/library/library.h"

namespace shoal::daemon {
namespace {

namespace bj = boost::json;

void add_source(rpc::ContentLink& link, const PeerId& peer,
                const std::vector<std::string>& endpoints) {
  const bool known = std::ranges::any_of(
      link.sources, [&](const rpc::FriendUrl& source) { return source.id == peer; });
  if (known || endpoints.empty() || link.sources.size() == limits::kLinkSources) return;
  link.sources.push_back({peer, endpoints});
}

Result<http::Response> show(const RestContext& context, const http::Request& request) {
  if (auto known = request.only_query({"content", "path", "name"}); !known) {
    return tl::unexpected(known.error());
  }
  const auto path = request.query_value("path");
  const auto content = request.query_value("content");
  if (path.has_value() == content.has_value()) {
    return fail(
        Errc::kInvalidArgument, "a link of what?",
        path ? "the query has both path and content" : "the query has neither path nor content",
        "?content=ID or ?path=/absolute/path");
  }
  rpc::ContentLink link;
  link.name = request.query_value("name").value_or("");
  bool here = true;
  if (path) {
    auto listed = context.library.at(*path);
    if (!listed) return tl::unexpected(listed.error());
    link.content = listed->content;
    link.name = listed->name;
  } else {
    const auto id = parse_content_id(*content);
    if (!id) return tl::unexpected(id.error());
    link.content = *id;
    auto listed = context.library.search({.terms = {}, .content = *id});
    if (!listed) return tl::unexpected(listed.error());
    here = !listed->files.empty();
    if (here) link.name = listed->files.front().name;
  }
  if (here) add_source(link, context.card.id(), context.card.endpoints());
  for (const Holders& holders : context.searches.holders(link.content, std::nullopt)) {
    for (const auto& source : holders.sources) add_source(link, source.peer, source.endpoints);
    if (link.name.empty()) link.name = holders.name;
  }
  link.name = rpc::fit_link_name(std::move(link.name));
  bj::array sources;
  for (const auto& source : link.sources) sources.emplace_back(rpc::to_text(source));
  return json_answer({{"schema", "shoal/link/1"},
                      {"link", rpc::to_text(link)},
                      {"content", shoal::to_text(link.content)},
                      {"name", link.name},
                      {"size", link.content.length},
                      {"shared", here},
                      {"sources", std::move(sources)}});
}

}  // namespace

void add_link_routes(http::Router& router, const RestContext& context) {
  router.add("GET", "/v1/links",
             [&](const http::Request& request) { return show(context, request); });
}

}  // namespace shoal::daemon
