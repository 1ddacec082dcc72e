// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/http/routes.h"

#include <boost/json.hpp>
#include <utility>

#include "bootstrap/http/peer_json.h"
#include "proto/http/percent.h"
#include "proto/json/schema.h"
#include "proto/types/limits.h"
#include "proto/types/text.h"

namespace shoal::bootstrap {
namespace {

namespace bj = boost::json;
using http::Request;
using http::Response;

tl::unexpected<Error> no_such_peer() {
  return fail(Errc::kNotFound, "there is no such peer",
              "that peer has no live lease at this directory", "it may be back in a minute");
}

// A conflict also says the stamp that the next request must pass.
Response conflict(const Error& error, std::optional<std::uint64_t> stamp, const Request& request) {
  Response response = http::problem(error, request);
  if (!stamp) return response;
  bj::object body = bj::parse(response.body).as_object();
  body["stamp"] = *stamp;
  response.body = bj::serialize(body);
  return response;
}

Result<Response> put_peer(Directory& directory, DirectoryIndex* index, const Request& request) {
  const auto id = parse_peer_id(request.param("id"));
  if (!id) return tl::unexpected(id.error());
  if (auto known = request.only_query({}); !known) return tl::unexpected(known.error());
  const auto lease = lease_from_body(request.body);
  if (!lease) return tl::unexpected(lease.error());
  const auto granted = directory.put(*id, *lease, request.peer.address);
  if (!granted && granted.error().code == Errc::kConflict) {
    return conflict(granted.error(), directory.stamp_of(*id), request);
  }
  if (!granted) return tl::unexpected(granted.error());
  bj::object body{{"schema", json::schema::kDirectoryLease},
                  {"id", to_text(*id)},
                  {"stamp", granted->stamp},
                  {"expires_in_ms", to_ms(granted->left)}};
  // By this a peer sees whether what it published is still there.
  if (index != nullptr) {
    if (const auto head = index->head(*id)) body["index"] = head->sequence;
  }
  return Response::json(bj::serialize(body));
}

Result<Response> delete_peer(Directory& directory, const Request& request) {
  const auto id = parse_peer_id(request.param("id"));
  if (!id) return tl::unexpected(id.error());
  const auto leave = leave_from_query(request);
  if (!leave) return tl::unexpected(leave.error());
  const auto left = directory.leave(*id, *leave, request.peer.address);
  if (!left && left.error().code == Errc::kConflict) {
    return conflict(left.error(), directory.stamp_of(*id), request);
  }
  if (!left) return tl::unexpected(left.error());
  return Response::nothing();
}

Result<Response> get_peer(Directory& directory, const Request& request) {
  const auto id = parse_peer_id(request.param("id"));
  if (!id) return tl::unexpected(id.error());
  if (auto known = request.only_query({}); !known) return tl::unexpected(known.error());
  const auto peer = directory.find(*id);
  if (!peer) return no_such_peer();
  return Response::json(bj::serialize(to_json(*peer)));
}

Result<Response> get_peers(Directory& directory, const Request& request) {
  if (auto known = request.only_query({"limit", "cursor"}); !known) {
    return tl::unexpected(known.error());
  }
  const auto limit = request.query_number("limit", limits::kPeersPage, 1, limits::kPeersPageMax);
  if (!limit) return tl::unexpected(limit.error());
  std::optional<PeerId> after;
  if (const auto cursor = request.query_value("cursor")) {
    const auto id = parse_peer_id(*cursor);
    if (!id) {
      return fail(Errc::kInvalidArgument, "the query is not understood",
                  "the cursor is none of this directory's", "start without one");
    }
    after = *id;
  }
  // One more than asked for tells whether there is a next page.
  auto peers = directory.list(after, *limit + 1);
  const bool more = peers.size() > *limit;
  if (more) peers.pop_back();
  bj::array items;
  for (const auto& peer : peers) items.emplace_back(to_json(peer));
  bj::object body{{"schema", json::schema::kDirectoryPeers}, {"items", std::move(items)}};
  Response response;
  if (more) {
    const std::string cursor = to_text(peers.back().card.id);
    body["next_cursor"] = cursor;
    response.headers.emplace_back("Link", "</v1/peers?limit=" + std::to_string(*limit) +
                                              "&cursor=" + cursor + ">; rel=\"next\"");
  }
  response.body = bj::serialize(body);
  return response;
}

Result<Response> get_suggestion(Directory& directory, const Request& request) {
  const auto id = parse_peer_id(request.param("id"));
  if (!id) return tl::unexpected(id.error());
  if (auto known = request.only_query({"except"}); !known) return tl::unexpected(known.error());
  if (request.query.size() > limits::kSuggestionExceptMax) {
    return fail(
        Errc::kInvalidArgument, "the query is not understood",
        "it leaves out more than " + std::to_string(limits::kSuggestionExceptMax) + " peers");
  }
  std::vector<PeerId> except;
  for (const auto& [name, value] : request.query) {
    const auto peer = parse_peer_id(value);
    if (!peer) return tl::unexpected(peer.error());
    except.push_back(*peer);
  }
  const auto peer = directory.suggest(*id, except);
  if (!peer) {
    return fail(Errc::kNotFound, "there is nobody to suggest",
                "no other peer has a live lease at this directory", "try again later");
  }
  return Response::json(bj::serialize(to_json(*peer)));
}

Result<Response> get_health(Directory& directory, const Request& request) {
  if (auto known = request.only_query({}); !known) return tl::unexpected(known.error());
  const auto health = directory.health();
  return Response::json(
      bj::serialize(bj::object{{"schema", json::schema::kDirectoryHealth},
                               {"state", health.store_error.empty() ? "ok" : "degraded"},
                               {"leases", health.leases},
                               {"store_error", health.store_error}}));
}

}  // namespace

void add_routes(http::Router& router, Directory& directory, DirectoryIndex* index) {
  const auto with = [&directory](auto handler) {
    return [&directory, handler](const Request& request) { return handler(directory, request); };
  };
  const http::RouteOptions lease{limits::kLeaseBody, false};
  router.add(
      "PUT", "/v1/peers/{id}",
      [&directory, index](const Request& request) { return put_peer(directory, index, request); },
      lease);
  router.add("DELETE", "/v1/peers/{id}", with(delete_peer));
  router.add("GET", "/v1/peers/{id}", with(get_peer));
  router.add("GET", "/v1/peers", with(get_peers));
  router.add("GET", "/v1/peers/{id}/suggestion", with(get_suggestion));
  router.add("GET", "/healthz", with(get_health));
}

}  // namespace shoal::bootstrap
