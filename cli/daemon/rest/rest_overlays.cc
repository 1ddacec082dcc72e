// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "cli/daemon/rest/rest.h"
#include "cli/daemon/search/overlay_desk.h"
#include "cli/daemon/search/route_plan.h"
#include "overlay/core/registry.h"
#include "proto/json/reader.h"

namespace shoal::daemon {
namespace {

namespace bj = boost::json;

bj::object row_of(const overlay::OverlayEntry& entry, const OverlayDesk& desk) {
  bj::array parameters;
  for (const overlay::Parameter& parameter : entry.parameters) {
    parameters.push_back(bj::object{{"name", parameter.name},
                                    {"doc", parameter.doc},
                                    {"values", overlay::range_of(parameter)},
                                    {"default", overlay::show(parameter, parameter.fallback)}});
  }
  const auto usual = names_in(desk.usual());
  const bool is_usual = std::ranges::find(usual, entry.name) != usual.end();
  const bool running = std::ranges::find(desk.running(), entry.name) != desk.running().end();
  return {{"name", entry.name}, {"number", entry.id.value}, {"summary", entry.summary},
          {"usual", is_usual},  {"running", running},       {"parameters", std::move(parameters)}};
}

Result<http::Response> list(const OverlayDesk& desk) {
  bj::array items;
  for (const auto& entry : overlay::registry()) items.push_back(row_of(entry, desk));
  items.push_back(
      bj::object{{"name", kAutomatic},
                 {"number", nullptr},
                 {"summary", "what costs little first, then more, until enough is found"},
                 {"usual", desk.usual() == kAutomatic},
                 {"running", false},
                 {"parameters", bj::array()}});
  return json_answer({{"schema", "shoal/overlays/1"},
                      {"usual", desk.usual()},
                      {"configured", desk.configured()},
                      {"items", std::move(items)}});
}

Result<http::Response> use(OverlayDesk& desk, const http::Request& request) {
  auto body = body_of(request);
  if (!body) return tl::unexpected(body.error());
  std::string via;
  json::ObjectReader in(*body, "the usual overlay");
  in.required("via", via);
  if (auto done = in.finish(); !done) return tl::unexpected(done.error());
  if (auto kept = desk.use(via); !kept) return tl::unexpected(kept.error());
  return list(desk);
}

}  // namespace

void add_overlay_routes(http::Router& router, const RestContext& context) {
  OverlayDesk& desk = context.overlays;
  router.add("GET", "/v1/overlays", [&desk](const http::Request&) { return list(desk); },
             {.etag = true});
  router.add("PUT", "/v1/overlays/usual",
             [&desk](const http::Request& request) { return use(desk, request); });
  router.add("DELETE", "/v1/overlays/usual",
             [&desk](const http::Request&) -> Result<http::Response> {
               if (auto done = desk.reset(); !done) return tl::unexpected(done.error());
               return list(desk);
             });
}

}  // namespace shoal::daemon
