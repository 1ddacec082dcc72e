// SPDX-License-Identifier: Apache-2.0
#include "cli/config/config.h"
#include "cli/daemon/rest/rest.h"
#include "cli/daemon/search/overlay_desk.h"
#include "cli/daemon/search/search_table.h"
#include "overlay/core/registry.h"
#include "proto/json/reader.h"
#include "proto/json/schema.h"
#include "proto/types/limits.h"
#include "proto/types/text.h"

namespace shoal::daemon {
namespace {

namespace bj = boost::json;

// {"walkers": 8, "variant": "nbt", "restart": true} as names and texts.
Result<std::vector<std::pair<std::string, std::string>>> parameters_in(const bj::object& object) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& [name, value] : object) {
    std::string text;
    if (value.is_string()) {
      text = std::string(value.get_string());
    } else if (value.is_bool()) {
      text = value.get_bool() ? "on" : "off";
    } else if (value.is_int64() || value.is_uint64()) {
      text = bj::serialize(value);
    } else {
      return fail(Errc::kInvalidArgument, "parameters of the search are not understood",
                  "\"" + std::string(name).substr(0, 40) + "\" is neither a number nor a word");
    }
    out.emplace_back(std::string(name), std::move(text));
  }
  return out;
}

// A search as it is posted, over the defaults of the configuration.
Result<WantedSearch> wanted_by(const RestContext& context, const http::Request& request) {
  auto body = body_of(request);
  if (!body) return tl::unexpected(body.error());
  overlay::SearchSpec spec;
  RouteWish wish;
  wish.via = context.overlays.usual();
  const bj::object* parameters = nullptr;
  std::uint64_t ttl = context.config.search_ttl;
  std::uint64_t budget_ms = static_cast<std::uint64_t>(context.config.search_budget.count());
  std::uint64_t enough = 0;
  std::string rule;
  std::string content;
  json::ObjectReader in(*body, "the search");
  in.optional("terms", spec.terms).optional("content", content).optional("via", wish.via);
  in.optional("parameters", parameters);
  in.optional("ttl", ttl, 1, limits::kTtlLimit).optional("rule", rule);
  in.optional("budget_ms", budget_ms, 0, to_ms(limits::budget_max(limits::kTtlLimit)));
  in.optional("enough", enough, 0, limits::kHitsMax);
  in.optional("length_min", spec.length_min).optional("length_max", spec.length_max);
  if (auto done = in.finish(); !done) return tl::unexpected(done.error());
  if (!content.empty()) {
    auto id = parse_content_id(content);
    if (!id) return tl::unexpected(id.error());
    spec.content = *id;
  }
  if (spec.terms.empty() == content.empty()) {
    return fail(Errc::kInvalidArgument, "what is searched?", "either terms or a content is needed");
  }
  if (rule == "classic") {
    spec.rule = DuplicateRule::kClassic;
  } else if (rule.empty()) {
    spec.rule = context.config.search_rule;
  } else if (rule != "deepest") {
    return fail(Errc::kInvalidArgument, "no such rule: " + rule.substr(0, 40), "",
                "deepest or classic");
  }
  spec.ttl = static_cast<std::uint8_t>(ttl);
  spec.budget = std::chrono::milliseconds(budget_ms);
  spec.enough = static_cast<std::uint32_t>(enough);
  if (parameters != nullptr) {
    auto chosen = parameters_in(*parameters);
    if (!chosen) return tl::unexpected(chosen.error());
    wish.parameters = std::move(*chosen);
  }
  wish.ttl = spec.ttl;
  wish.enough = spec.enough;
  auto plan = RoutePlan::make(wish, overlay::registry(), context.overlays.running());
  if (!plan) return tl::unexpected(plan.error());
  const Asker asker = context.asker(request);
  if (auto known = asker.still_known(); !known) return tl::unexpected(known.error());
  return WantedSearch{std::move(spec), std::move(*plan), asker.token()};
}

Result<http::Response> start(const RestContext& context, const http::Request& request) {
  auto wanted = wanted_by(context, request);
  if (!wanted) return tl::unexpected(wanted.error());
  const auto id = context.searches.start(std::move(*wanted));
  if (!id) return tl::unexpected(id.error());
  auto answer =
      json_answer({{"schema", "shoal/search/1"}, {"id", to_text(*id)}, {"state", "running"}}, 201);
  answer.headers.emplace_back("Location", "/v1/searches/" + to_text(*id));
  return answer;
}

Result<QueryId> id_of(const RestContext& context, const http::Request& request) {
  const auto id = parse_query_id(request.param("id"));
  if (!id) return fail(Errc::kInvalidArgument, "not a search's id", "32 hex digits are expected");
  const Asker asker = context.asker(request);
  if (!asker.is_owner() && !context.searches.is_by(*id, asker.token())) {
    return fail(Errc::kNotFound, "no such search", to_text(*id));
  }
  return *id;
}

Result<http::Response> show(const RestContext& context, const http::Request& request) {
  const auto id = id_of(context, request);
  if (!id) return tl::unexpected(id.error());
  auto snapshot = context.searches.snapshot(*id);
  if (!snapshot) return tl::unexpected(snapshot.error());
  bj::array hits;
  for (auto& hit : snapshot->hits) hits.push_back(std::move(hit));
  bj::object out{{"schema", "shoal/search/1"},
                 {"id", to_text(*id)},
                 {"state", snapshot->report ? "ended" : "running"},
                 {"hits", std::move(hits)},
                 {"report", nullptr}};
  if (snapshot->report) out["report"] = std::move(*snapshot->report);
  return json_answer(out);
}

Result<void> follow(const RestContext& context, const http::Request& request,
                    http::StreamWriter& writer) {
  const auto id = id_of(context, request);
  if (!id) return tl::unexpected(id.error());
  for (std::size_t seen = 0;;) {
    const auto news = context.searches.news(*id, seen);
    if (!news) return tl::unexpected(news.error());
    if (seen == 0 && !writer.open()) return {};
    for (const auto& hit : news->hits) {
      if (!writer.write(bj::serialize(hit))) return {};
    }
    seen += news->hits.size();
    if (news->report) {
      writer.write(bj::serialize(*news->report));
      return {};
    }
    if (writer.wait(limits::kEventPoll)) return {};
  }
}

}  // namespace

void add_search_routes(http::Router& router, const RestContext& context) {
  router.add("POST", "/v1/searches",
             [&](const http::Request& request) { return start(context, request); });
  router.add("GET", "/v1/searches/{id}",
             [&](const http::Request& request) { return show(context, request); });
  router.add_stream("GET", "/v1/searches/{id}/events",
                    [&](const http::Request& request, http::StreamWriter& writer) {
                      return follow(context, request, writer);
                    });
  router.add("DELETE", "/v1/searches/{id}",
             [&](const http::Request& request) -> Result<http::Response> {
               const auto id = id_of(context, request);
               if (!id) return tl::unexpected(id.error());
               if (auto done = context.searches.cancel(*id); !done) {
                 return tl::unexpected(done.error());
               }
               return http::Response::nothing();
             });
}

}  // namespace shoal::daemon
