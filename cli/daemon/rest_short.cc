// SPDX-License-Identifier: Apache-2.0
// The short routes of the systems that shoal replaces, at a peer: each is another spelling of
// routes under /v1, which do the work. See docs/replaced-systems.md.
#include <array>
#include <chrono>
#include <memory>
#include <utility>

#include "cli/daemon/rest.h"
#include "proto/http/alias.h"
#include "proto/json/reader.h"
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
/// Who has the file: not needed, since any holder's bytes are verified.
constexpr std::array<std::string_view, 6> kHolder{"url",  "api_url",  "ip",
                                                  "port", "peerPort", "user"};

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

// Which of the hits is called so.
const bj::object* called(const std::vector<bj::object>& hits, std::string_view name) {
  for (const auto& hit : hits) {
    if (hit.at("name").as_string() == name) return &hit;
  }
  return nullptr;
}

// What is fetched is named by its content; whoever says only a name has it searched.
Result<bj::object> with_content(const Short& at, bj::object wanted, const Request& asked,
                                http::StreamWriter& writer) {
  std::string name;
  json::ObjectReader in(wanted, "the download");
  in.required("name", name).ignore("folder").ignore("sources");
  if (auto done = in.finish(); !done) return tl::unexpected(done.error());
  const auto id = begin(at, {{"terms", name}}, asked);
  if (!id) return tl::unexpected(id.error());
  const auto waited =
      await(at, *id, writer, [&](const auto& hits) { return called(hits, name) != nullptr; });
  if (!waited) return tl::unexpected(waited.error());
  const auto snapshot = at.context.searches.snapshot(*id);
  if (!snapshot) return tl::unexpected(snapshot.error());
  const bj::object* const hit = called(snapshot->hits, name);
  if (hit == nullptr) {
    return fail(Errc::kNotFound, "nobody who was asked has \"" + name.substr(0, 80) + "\"",
                std::to_string(snapshot->hits.size()) + " files have names like it",
                "GET /search?name= shows them");
  }
  wanted["content"] = hit->at("content");
  wanted["search"] = to_text(*id);
  return wanted;
}

Result<void> fetch(const Short& at, const Request& asked, http::StreamWriter& writer) {
  auto body = body_of(asked);
  if (!body) return tl::unexpected(body.error());
  bj::object wanted = std::move(body->get_object());
  if (auto done = json::respell(wanted, kFetchSpellings); !done) return done;
  for (const auto name : kHolder) wanted.erase(name);
  if (!wanted.contains("content")) {
    auto named = with_content(at, std::move(wanted), asked, writer);
    if (!named) return tl::unexpected(named.error());
    wanted = std::move(*named);
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
