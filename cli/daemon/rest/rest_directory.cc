// SPDX-License-Identifier: Apache-2.0
#include <future>

#include "bootstrap/http/directory_client.h"
#include "bootstrap/http/index_client.h"
#include "cli/daemon/directory/index_desk.h"
#include "cli/daemon/rest/rest.h"
#include "proto/json/schema.h"
#include "proto/types/limits.h"
#include "proto/types/text.h"
#include "proto/types/utf8.h"

namespace shoal::daemon {
namespace {

namespace bj = boost::json;

bj::object index_to_json(const IndexStatus& status) {
  return {{"on", status.on},
          {"taken", status.taken},
          {"current", status.current},
          {"files", status.files},
          {"left_out", status.left_out},
          {"last_error", scrub(status.last_error)}};
}

tl::unexpected<Error> no_directory() {
  return fail(Errc::kConfig, "there is no directory to ask", "none is configured",
              "set directory.url, or shoal up --with-directory; friends are found without it too");
}

Result<http::Response> state(const RestContext& context) {
  bj::object out{{"schema", "shoal/directory/1"},
                 {"url", ""},
                 {"state", "none"},
                 {"last_error", ""},
                 {"leased", false},
                 {"index", nullptr}};
  if (context.directory != nullptr) {
    const auto status = context.directory->status();
    out["url"] = status.url;
    out["state"] = to_text(status.state);
    out["last_error"] = scrub(status.last_error);
    out["leased"] = status.leased;
  }
  if (context.index != nullptr) out["index"] = index_to_json(context.index->status());
  return json_answer(out);
}

Result<http::Response> peers(const RestContext& context, const http::Request& request) {
  if (context.directory == nullptr) {
    return no_directory();
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

// What was published now, and how it stands.
Result<http::Response> publish(const RestContext& context) {
  if (context.index == nullptr) return no_directory();
  auto promise = std::make_shared<std::promise<Result<IndexNews>>>();
  auto future = promise->get_future();
  context.index->refresh(
      [promise](Result<IndexNews> news) { promise->set_value(std::move(news)); });
  if (future.wait_for(limits::kPublishWait) != std::future_status::ready) {
    return fail(Errc::kTimeout, "it is still being published",
                "there is much of it, or the "
                "directory is slow",
                "shoal directory tells how it stands");
  }
  const auto news = future.get();
  if (!news) return tl::unexpected(news.error());
  bj::object out = index_to_json(context.index->status());
  out["schema"] = "shoal/directory.published/1";
  out["came"] = news->came;
  out["went"] = news->went;
  return json_answer(out);
}

bj::object file_to_json(const bootstrap::FoundFile& file) {
  bj::array endpoints;
  for (const auto& endpoint : file.owner.endpoints) endpoints.emplace_back(endpoint);
  return {{"schema", json::schema::kDirectoryFile},
          {"name", scrub(file.file.name)},
          {"size", file.file.content.length},
          {"content", to_text(file.file.content)},
          {"owner", bj::object{{"id", to_text(file.owner.id)},
                               {"name", scrub(file.owner.name)},
                               {"endpoints", std::move(endpoints)}}}};
}

Result<http::Response> search(const RestContext& context, const http::Request& request) {
  if (context.index_client == nullptr) return no_directory();
  if (auto known = request.only_query({"name", "q", "content", "limit", "cursor"}); !known) {
    return tl::unexpected(known.error());
  }
  const auto limit = request.query_number("limit", limits::kFoundPage, 1, limits::kFoundPageMax);
  if (!limit) return tl::unexpected(limit.error());
  bootstrap::FoundQuery query;
  query.limit = *limit;
  query.name = request.query_value("name");
  query.words = request.query_value("q");
  query.cursor = request.query_value("cursor").value_or("");
  if (const auto content = request.query_value("content")) {
    const auto id = parse_content_id(*content);
    if (!id) return tl::unexpected(id.error());
    query.content = *id;
  }
  std::size_t refused = 0;
  const auto page = context.index_client->search(query, limits::kDirectoryWait, nullptr, refused);
  if (!page) return tl::unexpected(page.error());
  bj::array items;
  for (const auto& file : page->files) items.push_back(file_to_json(file));
  return json_answer({{"schema", json::schema::kDirectoryFiles},
                      {"items", std::move(items)},
                      {"refused", refused},
                      {"next_cursor", page->next_cursor}});
}

}  // namespace

void add_directory_routes(http::Router& router, const RestContext& context) {
  router.add("GET", "/v1/directory", [&](const http::Request&) { return state(context); });
  router.add("GET", "/v1/directory/peers",
             [&](const http::Request& request) { return peers(context, request); });
  router.add("POST", "/v1/directory/index", [&](const http::Request&) { return publish(context); });
  router.add("GET", "/v1/directory/search",
             [&](const http::Request& request) { return search(context, request); });
}

}  // namespace shoal::daemon
