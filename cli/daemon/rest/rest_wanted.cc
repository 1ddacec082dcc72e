// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/rest/rest_wanted.h"

#include <optional>
#include <utility>

#include "proto/rpc/friend_url.h"
#include "proto/types/limits_folders.h"
#include "proto/types/text.h"

namespace shoal::daemon {
namespace {

Result<std::vector<transfer::SourceInfo>> sources_in(const std::vector<std::string>& urls) {
  if (urls.size() > limits::kLinkSources) {
    return fail(Errc::kInvalidArgument, "the request is not understood",
                "it has more than " + std::to_string(limits::kLinkSources) + " sources");
  }
  std::vector<transfer::SourceInfo> out;
  for (const auto& text : urls) {
    auto url = rpc::parse_friend_url(text);
    if (!url) return tl::unexpected(url.error());
    out.push_back({url->id, std::move(url->endpoints), {}});
  }
  return out;
}

Result<std::optional<QueryId>> search_in(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto id = parse_query_id(text);
  if (id) return *id;
  return fail(Errc::kInvalidArgument, "the request is not understood",
              "\"search\" is not a search's id: 32 hex digits are expected");
}

}  // namespace

void WantedWords::read(json::ObjectReader& in) {
  in.required("content", content).optional("name", name).optional("folder", folder);
  in.optional("search", search).optional("sources", sources);
}

Result<TransferDesk::Request> WantedWords::request() && {
  const auto id = parse_content_id(content);
  if (!id) return tl::unexpected(id.error());
  auto named = sources_in(sources);
  if (!named) return tl::unexpected(named.error());
  const auto found_by = search_in(search);
  if (!found_by) return tl::unexpected(found_by.error());
  return TransferDesk::Request{*id, std::move(name), std::move(folder), *found_by,
                               std::move(*named)};
}

}  // namespace shoal::daemon
