// SPDX-License-Identifier: Apache-2.0
#include <future>

#include "cli/daemon/rest.h"
#include "proto/json/schema.h"
#include "proto/types/limits.h"
#include "proto/types/text.h"
#include "proto/types/utf8.h"

namespace shoal::daemon {
namespace {

namespace bj = boost::json;

Result<http::Response> state(const RestContext& context) {
  bj::object out{{"schema", "shoal/directory/1"},
                 {"url", ""},
                 {"state", "none"},
                 {"last_error", ""},
                 {"leased", false}};
  if (context.directory != nullptr) {
    const auto status = context.directory->status();
    out["url"] = status.url;
    out["state"] = to_text(status.state);
    out["last_error"] = scrub(status.last_error);
    out["leased"] = status.leased;
  }
  return json_answer(out);
}

Result<http::Response> peers(const RestContext& context, const http::Request& request) {
  if (context.directory == nullptr) {
    return fail(Errc::kNotFound, "there is no directory to ask", "none is configured",
                "set directory.url; friends are found without it too");
  }
  const auto limit = request.query_number("limit", limits::kPeersPage, 1, limits::kPeersPageMax);
  if (!limit) return tl::unexpected(limit.error());
  auto promise = std::make_shared<std::promise<Result<bootstrap::DirectoryPage>>>();
  auto future = promise->get_future();
  context.directory->peers(
      *limit, request.query_value("cursor").value_or(""),
      [promise](Result<bootstrap::DirectoryPage> page) { promise->set_value(std::move(page)); });
  if (future.wait_for(limits::kDirectoryWait) != std::future_status::ready) {
    return fail(Errc::kTimeout, "the directory did not answer", "", "shoal directory");
  }
  const auto page = future.get();
  if (!page) return tl::unexpected(page.error());
  bj::array items;
  for (const auto& peer : page->peers) {
    bj::array endpoints;
    for (const auto& endpoint : peer.endpoints) endpoints.emplace_back(endpoint);
    items.push_back(bj::object{{"schema", json::schema::kDirectoryPeer},
                               {"id", to_text(peer.id)},
                               {"name", scrub(peer.name)},
                               {"endpoints", std::move(endpoints)},
                               {"expires_in_ms", peer.expires_in_ms}});
  }
  return json_answer({{"schema", json::schema::kDirectoryPeers},
                      {"items", std::move(items)},
                      {"next_cursor", page->next_cursor}});
}

}  // namespace

void add_directory_routes(http::Router& router, const RestContext& context) {
  router.add("GET", "/v1/directory", [&](const http::Request&) { return state(context); });
  router.add("GET", "/v1/directory/peers",
             [&](const http::Request& request) { return peers(context, request); });
}

}  // namespace shoal::daemon
