// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/http/account_routes.h"

#include <boost/json.hpp>
#include <chrono>
#include <ctime>
#include <utility>

#include "proto/http/guard.h"
#include "proto/http/percent.h"
#include "proto/json/schema.h"
#include "proto/types/limits.h"

namespace shoal::bootstrap {
namespace {

namespace bj = boost::json;
using http::Request;
using http::Response;
using Refusal = AccountsDesk::Refusal;

// RFC 3339, whole seconds.
std::string date_of(Instant time) {
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
  const std::time_t when = seconds;
  std::tm parts{};
  ::gmtime_r(&when, &parts);
  std::array<char, 32> text{};
  const auto size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), size};
}

AccountsDesk::Caller caller_of(const Request& request) {
  return {request.peer.address, request.header("Host").value_or("")};
}

// As a problem; says when to try again, and what time it is to whose clock is wrong.
Response answer(const Refusal& refusal, const Request& request, bool signed_one, Instant now) {
  Response response = http::problem(refusal.error, request);
  if (refusal.retry_after > Duration(0)) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(refusal.retry_after).count();
    std::erase_if(response.headers, [](const auto& each) { return each.first == "Retry-After"; });
    response.headers.emplace_back("Retry-After", std::to_string(seconds));
  }
  if (signed_one && refusal.error.code == Errc::kUnauthenticated) {
    bj::object body = bj::parse(response.body).as_object();
    body["now"] = now.time_since_epoch().count();
    response.body = bj::serialize(body);
  }
  return response;
}

bj::object session_of(const UserRecord& user, Instant ends, Duration left) {
  return {{"schema", json::schema::kDirectorySession},
          {"user", to_json(user)},
          {"expires_at", date_of(ends)},
          {"expires_in_ms", to_ms(left)}};
}

Result<Response> post_user(AccountsDesk& desk, const Request& request) {
  if (auto known = request.only_query({}); !known) return tl::unexpected(known.error());
  const auto asked = user_request_from_body(request.body);
  if (!asked) return tl::unexpected(asked.error());
  const auto user = desk.register_user(*asked, caller_of(request));
  if (!user) return answer(user.error(), request, asked->statement.has_value(), desk.now());
  Response response = Response::json(bj::serialize(to_json(*user)), 201);
  response.headers.emplace_back("Location", "/v1/users/" + http::encode_segment(user->name));
  return response;
}

Result<Response> post_session(AccountsDesk& desk, const Request& request) {
  if (auto known = request.only_query({}); !known) return tl::unexpected(known.error());
  const auto asked = user_request_from_body(request.body);
  if (!asked) return tl::unexpected(asked.error());
  const auto opened = desk.log_in(*asked, caller_of(request));
  if (!opened) return answer(opened.error(), request, asked->statement.has_value(), desk.now());
  bj::object body = session_of(opened->user, opened->ends, opened->left);
  body["token"] = opened->token;
  return Response::json(bj::serialize(body), 201);
}

Result<Response> get_session(AccountsDesk& desk, const Request& request) {
  if (auto known = request.only_query({}); !known) return tl::unexpected(known.error());
  const auto member = desk.member(http::bearer_token(request));
  if (!member) return tl::unexpected(member.error());
  return Response::json(bj::serialize(session_of(member->user, member->ends, member->left)));
}

Result<Response> delete_session(AccountsDesk& desk, const Request& request) {
  if (auto known = request.only_query({"user"}); !known) return tl::unexpected(known.error());
  const auto done = desk.log_out(http::bearer_token(request), request.query_value("user"));
  if (!done) return tl::unexpected(done.error());
  return Response::nothing();
}

Result<Response> get_user(AccountsDesk& desk, const Request& request) {
  if (auto known = request.only_query({}); !known) return tl::unexpected(known.error());
  const auto member = desk.member(http::bearer_token(request));
  if (!member) return tl::unexpected(member.error());
  const auto user = desk.find(request.param("name"));
  if (!user) return tl::unexpected(user.error());
  return Response::json(bj::serialize(to_json(*user)));
}

}  // namespace

void add_account_routes(http::Router& router, AccountsDesk& desk) {
  const auto with = [&desk](auto handler) {
    return [&desk, handler](const Request& request) { return handler(desk, request); };
  };
  http::RouteOptions small;
  small.body_max = limits::kAccountBody;
  http::RouteOptions heavy = small;
  heavy.heavy = true;  // passwords are hashed
  router.add("POST", "/v1/users", with(post_user), heavy);
  router.add("GET", "/v1/users/{name}", with(get_user), small);
  router.add("POST", "/v1/sessions", with(post_session), heavy);
  router.add("GET", "/v1/sessions", with(get_session), small);
  router.add("DELETE", "/v1/sessions", with(delete_session), small);
}

}  // namespace shoal::bootstrap
