// SPDX-License-Identifier: Apache-2.0
// The short routes of the systems that shoal replaces, at a peer: each is another spelling of
// routes under /v1, which do the work. See docs/replaced-systems.md.
#include <array>
#include <chrono>
#include <memory>
#include <utility>

#include "cli/daemon/rest/rest.h"
#include "cli/daemon/search/search_table.h"
#include "proto/http/alias.h"
#include "proto/json/reader.h"
#include "proto/json/search.h"
#include "proto/json/spelling.h"
#include "proto/types/limits.h"
#include "proto/types/limits_tokens.h"
#include "proto/types/text.h"

namespace shoal::daemon {
namespace {

namespace bj = boost::json;
using http::Request;
using http::Response;
using json::Spelling;

constexpr std::array kFetchSpellings{Spelling{"archivo", "name"}, Spelling{"nombre", "name"},
                                     Spelling{"files_path", "folder"}};
/// Where the holder is that is meant.
constexpr std::array kPlaceSpellings{Spelling{"ip", "address"}, Spelling{"peerPort", "port"}};
constexpr std::array<std::string_view, 7> kPlaceMembers{"address",  "port", "user",   "ip",
                                                        "peerPort", "url",  "api_url"};

/// The routes under /v1, for the handlers of this file.
struct Short {
  const RestContext& context;
  const http::Router routes;

  Result<Response> call(std::string_view method, const std::string& path, bj::object body,
                        const Request& asked) const {
    auto match = routes.match(method, path);
    const auto& handler = std::get<http::Handler>(match.route->handler);
    Request request = asked;
    request.query.clear();
    request.params = std::move(match.params);
    request.body = bj::serialize(body);
    return handler(request);
  }
};

Result<void> send(http::StreamWriter& writer, const Response& answer) {
  if (!writer.open_content(answer, answer.body.size())) return {};
  writer.send({reinterpret_cast<const std::uint8_t*>(answer.body.data()), answer.body.size()});
  return {};
}

// Until the search has ended, or `enough` is in what came; true when there is somebody to answer.
template <class Enough>
Result<bool> await(const Short& at, const QueryId& id, http::StreamWriter& writer, Enough enough) {
  const auto until = std::chrono::steady_clock::now() + limits::kShortSearch;
  while (true) {
    const auto news = at.context.searches.news(id, 0);
    if (!news) return tl::unexpected(news.error());
    const bool late = std::chrono::steady_clock::now() > until;
    if (news->report || late || enough(news->hits)) return true;
    if (writer.wait(limits::kEventPoll) || at.context.stopping()) return false;
  }
}

Result<QueryId> begin(const Short& at, bj::object wanted, const Request& asked) {
  const auto begun = at.call("POST", "/v1/searches", std::move(wanted), asked);
  if (!begun) return tl::unexpected(begun.error());
  const auto body = bj::parse(begun->body);
  return *parse_query_id(std::string_view(body.at("id").as_string()));
}

Result<void> search(const Short& at, const Request& asked, http::StreamWriter& writer) {
  bj::object wanted;
  for (const auto& [name, value] : asked.query) {
    if (name == "name" || name == "archivo" || name == "nombre" || name == "q") {
      wanted["terms"] = value;
    } else if (name == "ttl" || name == "via" || name == "content") {
      wanted[name] = value;
    } else {
      return fail(Errc::kInvalidArgument, "the query is not understood",
                  "\"" + name.substr(0, 40) + "\" is not known here",
                  "GET /search?name=, and ttl, via or content");
    }
  }
  if (!wanted.contains("terms") && !wanted.contains("content")) {
    return fail(Errc::kInvalidArgument, "the query is not understood", "\"name\" is missing",
                "GET /search?name=");
  }
  json::digits_to_number(wanted, "ttl");
  const auto id = begin(at, std::move(wanted), asked);
  if (!id) return tl::unexpected(id.error());
  const auto waited = await(at, *id, writer, [](const auto&) { return false; });
  if (!waited) return tl::unexpected(waited.error());
  if (!*waited) return {};
  const auto found = at.call("GET", "/v1/searches/" + to_text(*id), {}, asked);
  if (!found) return tl::unexpected(found.error());
  return send(writer, *found);
}

// What the URL in the member `name` says as well becomes "address" and "port".
Result<void> take_url(bj::object& wanted, std::string_view name) {
  const auto* const given = wanted.if_contains(name);
  if (given == nullptr) return {};
  bj::object told{{name, *given}};
  wanted.erase(name);
  if (auto done = json::split_url(told, name); !done) return done;
  for (const auto& [member, value] : told) {
    const auto* const other = wanted.if_contains(member);
    if (other != nullptr && *other != value) {
      return fail(Errc::kInvalidArgument, "the download is not understood",
                  "\"" + std::string(name) + "\" says another holder than the rest of it",
                  "say once where the holder is");
    }
    wanted[member] = value;
  }
  return {};
}

// Takes the holder's place out of what is wanted; empty: none is given.
Result<std::string> take_place(bj::object& wanted) {
  if (auto done = json::respell(wanted, kPlaceSpellings); !done)
    return tl::unexpected(done.error());
  json::digits_to_number(wanted, "port");
  for (const std::string_view url : {"url", "api_url"}) {
    if (auto done = take_url(wanted, url); !done) return tl::unexpected(done.error());
  }
  std::string address;
  std::uint64_t port = 0;
  {
    json::ObjectReader in(wanted, "the download");
    in.optional("address", address).optional("port", port, 1, UINT16_MAX).ignore_others();
    if (auto done = in.finish(); !done) return tl::unexpected(done.error());
  }
  for (const std::string_view name : {"address", "port", "user"}) wanted.erase(name);
  if (address.empty() != (port == 0)) {
    return fail(Errc::kInvalidArgument, "the download is not understood",
                "of the holder's address and port one is missing", "give both, or neither");
  }
  if (address.empty()) return address;
  const std::string host = address.find(':') == std::string::npos ? address : "[" + address + "]";
  return host + ":" + std::to_string(port);
}

struct Named {
  std::string name;
  std::string place;  ///< of the holder that is meant; empty: any

  // The content of the first of `hits` that is it. A name alone would be anybody's who calls
  // something so: with a place it must be of who announced that place, and signed it.
  [[nodiscard]] std::optional<ContentId> among(const Short& at, const QueryId& search,
                                               const std::vector<bj::object>& hits) const {
    for (const auto& each : hits) {
      const auto hit = json::hit_from_json(each);
      if (hit && hit->name == name &&
          (place.empty() || at.context.searches.is_at(search, hit->holder, place))) {
        return hit->content;
      }
    }
    return std::nullopt;
  }
};

tl::unexpected<Error> nobody_has(const Named& named, std::size_t hits) {
  const std::string who =
      named.place.empty() ? "nobody who was asked" : "who is at " + named.place.substr(0, 80);
  return fail(Errc::kNotFound,
              who + (named.place.empty() ? " has \"" : " was not heard to have \"") +
                  named.name.substr(0, 80) + "\"",
              std::to_string(hits) + " files have names like it", "GET /search?name= shows them");
}

// What is fetched is named by its content; whoever says only a name has it searched. None: nobody
// is there any more to fetch it for.
Result<std::optional<bj::object>> with_content(const Short& at, bj::object wanted,
                                               std::string place, const Request& asked,
                                               http::StreamWriter& writer) {
  Named named{{}, std::move(place)};
  json::ObjectReader in(wanted, "the download");
  in.required("name", named.name).ignore("folder").ignore("sources");
  if (auto done = in.finish(); !done) return tl::unexpected(done.error());
  const auto id = begin(at, {{"terms", named.name}}, asked);
  if (!id) return tl::unexpected(id.error());
  const auto waited = await(
      at, *id, writer, [&](const auto& hits) { return named.among(at, *id, hits).has_value(); });
  if (!waited) return tl::unexpected(waited.error());
  if (!*waited) return std::nullopt;
  const auto snapshot = at.context.searches.snapshot(*id);
  if (!snapshot) return tl::unexpected(snapshot.error());
  const auto content = named.among(at, *id, snapshot->hits);
  if (!content) return nobody_has(named, snapshot->hits.size());
  wanted["content"] = to_text(*content);
  wanted["search"] = to_text(*id);
  return wanted;
}

Result<void> fetch(const Short& at, const Request& asked, http::StreamWriter& writer) {
  auto body = body_of(asked);
  if (!body) return tl::unexpected(body.error());
  bj::object wanted = std::move(body->get_object());
  if (auto done = json::respell(wanted, kFetchSpellings); !done) return done;
  if (wanted.contains("content")) {
    // Any holder of it will do, wherever it is: its bytes are verified.
    for (const std::string_view member : kPlaceMembers) wanted.erase(member);
  } else {
    auto place = take_place(wanted);
    if (!place) return tl::unexpected(place.error());
    auto named = with_content(at, std::move(wanted), std::move(*place), asked, writer);
    if (!named) return tl::unexpected(named.error());
    if (!*named) return {};
    wanted = std::move(**named);
  }
  const auto begun = at.call("POST", "/v1/transfers", std::move(wanted), asked);
  if (!begun) return tl::unexpected(begun.error());
  return send(writer, *begun);
}

}  // namespace

void add_short_routes(http::Router& router, const RestContext& context) {
  const auto at = std::make_shared<const Short>(Short{context, router});
  // They wait for searches, so each has a thread of the streams.
  router.add_stream("GET", "/search", [at](const Request& asked, http::StreamWriter& writer) {
    return search(*at, asked, writer);
  });
  router.add_stream("POST", "/loadfiles", [at](const Request& asked, http::StreamWriter& writer) {
    return fetch(*at, asked, writer);
  });
  http::add_alias(router, {"GET", "/loadfiles"}, {"GET", "/v1/transfers"});
  http::add_alias(router, {"POST", "/upload"}, {"POST", "/v1/uploads"}, [](Request& request) {
    for (auto& [name, value] : request.query) {
      if (name == "archivo" || name == "nombre") name = "name";
    }
    return Result<void>();
  });
}

}  // namespace shoal::daemon
