// SPDX-License-Identifier: Apache-2.0
// The tokens of the public port: made, listed and revoked by the owner.
#include "cli/config/config.h"
#include "cli/daemon/friends/card_desk.h"
#include "cli/daemon/guests/token_desk.h"
#include "cli/daemon/rest/rest.h"
#include "proto/json/reader.h"

namespace shoal::daemon {
namespace {

namespace bj = boost::json;

constexpr std::string_view kToken = "shoal/token/1";

bj::object to_json(const TokenDesk::Token& token) {
  return {{"schema", kToken},
          {"id", std::to_string(token.number)},
          {"name", token.name},
          {"made_unix", token.made_unix}};
}

Result<http::Response> make(const RestContext& context, const http::Request& request) {
  auto body = body_of(request);
  if (!body) return tl::unexpected(body.error());
  std::string name;
  json::ObjectReader in(*body, "the token");
  in.required("name", name);
  if (auto done = in.finish(); !done) return tl::unexpected(done.error());
  const auto made = context.tokens.make(name, unix_now());
  if (!made) return tl::unexpected(made.error());
  auto out = to_json(made->token);
  out["token"] = made->secret;
  out["public"] = context.config.rest_public;
  auto answer = json_answer(out, 201);
  answer.headers.emplace_back("Location", "/v1/tokens/" + std::to_string(made->token.number));
  return answer;
}

}  // namespace

void add_token_routes(http::Router& router, const RestContext& context) {
  router.add("GET", "/v1/tokens", [&](const http::Request&) -> Result<http::Response> {
    bj::array items;
    for (const auto& token : context.tokens.list()) items.emplace_back(to_json(token));
    return list_answer("shoal/tokens/1", std::move(items));
  });
  router.add("POST", "/v1/tokens",
             [&](const http::Request& request) { return make(context, request); });
  router.add("DELETE", "/v1/tokens/{id}",
             [&](const http::Request& request) -> Result<http::Response> {
               const auto gone = context.tokens.revoke(request.param("id"));
               if (!gone) return tl::unexpected(gone.error());
               context.guests.forget(gone->number);
               return json_answer(to_json(*gone));
             });
}

}  // namespace shoal::daemon
