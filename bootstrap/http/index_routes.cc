// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/http/index_routes.h"

#include <boost/json.hpp>
#include <charconv>
#include <utility>

#include "bootstrap/http/found_json.h"
#include "proto/http/percent.h"
#include "proto/json/schema.h"
#include "proto/types/limits.h"
#include "proto/types/text.h"

namespace shoal::bootstrap {
namespace {

namespace bj = boost::json;
using http::Request;
using http::Response;
using Wanted = IndexStore::Wanted;

tl::unexpected<Error> not_understood(std::string why, std::string next = {}) {
  return fail(Errc::kInvalidArgument, "the query is not understood", std::move(why),
              std::move(next));
}

// A conflict also says what the sequence of a replacement must pass.
Response conflict(const Error& error, std::uint64_t sequence, const Request& request) {
  Response response = http::problem(error, request);
  bj::object body = bj::parse(response.body).as_object();
  body["sequence"] = sequence;
  response.body = bj::serialize(body);
  return response;
}

Result<Response> put(DirectoryIndex& index, IndexUpdate::Kind kind, const Request& request) {
  if (auto known = request.only_query({}); !known) return tl::unexpected(known.error());
  const auto update = index_from_body(request.body, kind);
  if (!update) return tl::unexpected(update.error());
  const auto head = index.put(*update, request.peer.address);
  if (!head && head.error().code == Errc::kConflict) {
    const PeerId owner = rpc::id_of_key(update->public_key);
    return conflict(head.error(), index.sequence_of(owner), request);
  }
  if (!head) return tl::unexpected(head.error());
  return Response::json(bj::serialize(bj::object{{"schema", json::schema::kDirectoryIndex},
                                                 {"sequence", head->sequence},
                                                 {"entries", head->entries}}));
}

Result<void> read_peer(const Request& request, const char* name, std::optional<PeerId>& out) {
  const auto text = request.query_value(name);
  if (!text) return {};
  const auto id = parse_peer_id(*text);
  if (!id) return tl::unexpected(id.error());
  out = *id;
  return {};
}

// Limit and cursor.
Result<void> read_page(const Request& request, Wanted& wanted) {
  const auto limit = request.query_number("limit", limits::kFoundPage, 1, limits::kFoundPageMax);
  if (!limit) return tl::unexpected(limit.error());
  wanted.limit = *limit;
  const auto cursor = request.query_value("cursor");
  if (!cursor) return {};
  const char* const end = cursor->data() + cursor->size();
  const auto [at, error] = std::from_chars(cursor->data(), end, wanted.after);
  if (error != std::errc{} || at != end || wanted.after < 0) {
    return not_understood("the cursor is none of this directory's", "start without one");
  }
  return {};
}

// The same query with another cursor.
std::string link_to(const Request& request, const std::string& cursor) {
  std::string link = request.path;
  char mark = '?';
  for (const auto& [name, value] : request.query) {
    if (name == "cursor") continue;
    link += mark + http::encode_query(name, value);
    mark = '&';
  }
  return "<" + link + mark + http::encode_query("cursor", cursor) + ">; rel=\"next\"";
}

Result<Response> page_of(DirectoryIndex& index, Wanted wanted, const Request& request,
                         bj::object body) {
  const auto page = index.find(std::move(wanted), request.peer.address);
  if (!page) return tl::unexpected(page.error());
  bj::array items;
  for (const auto& found : page->files) items.emplace_back(to_json(found));
  body["schema"] = json::schema::kDirectoryFiles;
  body["items"] = std::move(items);
  Response response;
  if (page->next != 0) {
    const std::string cursor = std::to_string(page->next);
    body["next_cursor"] = cursor;
    response.headers.emplace_back("Link", link_to(request, cursor));
  }
  response.body = bj::serialize(body);
  return response;
}

Result<Response> get_index(DirectoryIndex& index, const Request& request) {
  if (auto known = request.only_query({"peer", "asker", "limit", "cursor"}); !known) {
    return tl::unexpected(known.error());
  }
  Wanted wanted;
  if (auto read = read_page(request, wanted); !read) return tl::unexpected(read.error());
  if (auto read = read_peer(request, "peer", wanted.owner); !read) {
    return tl::unexpected(read.error());
  }
  if (auto read = read_peer(request, "asker", wanted.except); !read) {
    return tl::unexpected(read.error());
  }
  bj::object body;
  if (wanted.owner) {
    const auto head = index.head(*wanted.owner);
    if (!head) return tl::unexpected(head.error());
    body = {{"sequence", head->sequence}, {"entries", head->entries}};
  }
  return page_of(index, std::move(wanted), request, std::move(body));
}

Result<Response> get_search(DirectoryIndex& index, const Request& request) {
  if (auto known = request.only_query({"name", "q", "content", "asker", "limit", "cursor"});
      !known) {
    return tl::unexpected(known.error());
  }
  Wanted wanted;
  wanted.name = request.query_value("name");
  wanted.words = request.query_value("q");
  if (const auto content = request.query_value("content")) {
    const auto id = parse_content_id(*content);
    if (!id) return tl::unexpected(id.error());
    wanted.content = *id;
  }
  if (!wanted.name && !wanted.words && !wanted.content) {
    return not_understood("\"name\" is missing",
                          "GET /v1/search?name= exactly so, ?q= by words, or ?content= by its id");
  }
  if (wanted.name.value_or("").size() + wanted.words.value_or("").size() > limits::kFoundQuery) {
    return not_understood("it is longer than " + std::to_string(limits::kFoundQuery) + " bytes");
  }
  if (auto read = read_page(request, wanted); !read) return tl::unexpected(read.error());
  if (auto read = read_peer(request, "asker", wanted.except); !read) {
    return tl::unexpected(read.error());
  }
  return page_of(index, std::move(wanted), request, {});
}

}  // namespace

void add_index_routes(http::Router& router, DirectoryIndex* index) {
  const auto with = [index](auto handler) -> http::Handler {
    return [index, handler](const Request& request) -> Result<Response> {
      if (index != nullptr) return handler(*index, request);
      return fail(Errc::kUnsupported, "there is no index here",
                  "this directory is configured without one", "search through friends");
    };
  };
  const http::RouteOptions update{limits::kIndexBody, false};
  router.add("PUT", "/v1/index", with([](DirectoryIndex& to, const Request& request) {
               return put(to, IndexUpdate::Kind::kReplace, request);
             }),
             update);
  router.add("PATCH", "/v1/index", with([](DirectoryIndex& to, const Request& request) {
               return put(to, IndexUpdate::Kind::kChange, request);
             }),
             update);
  router.add("GET", "/v1/index", with(get_index), {.etag = true});
  router.add("GET", "/v1/search", with(get_search), {.etag = true});
}

}  // namespace shoal::bootstrap
