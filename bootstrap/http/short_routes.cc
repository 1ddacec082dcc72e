// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/http/short_routes.h"

#include <array>
#include <boost/json.hpp>
#include <utility>

#include "proto/http/alias.h"
#include "proto/json/reader.h"
#include "proto/json/spelling.h"

namespace shoal::bootstrap {
namespace {

namespace bj = boost::json;
using http::Request;
using json::Spelling;

constexpr std::array kUserSpellings{Spelling{"user", "name"}, Spelling{"nombre", "name"},
                                    Spelling{"ip", "address"}, Spelling{"peerPort", "port"}};
constexpr std::array kIndexSpellings{Spelling{"archivos", "files"}};
constexpr std::array kFileSpellings{Spelling{"archivo", "name"}, Spelling{"nombre", "name"}};

Result<bj::object> object_of(const Request& request) {
  if (request.body.empty()) return bj::object();
  auto value = json::parse(request.body);
  if (!value) return tl::unexpected(value.error());
  if (!value->is_object()) {
    return fail(Errc::kInvalidArgument, "the request is not understood", "its body is no object");
  }
  return std::move(value->get_object());
}

// A user said what it shares when it registered or logged in. Here a peer signs that, apart.
Result<void> refuse_files(const bj::object& body) {
  for (const std::string_view name : {"archivos", "files_path"}) {
    if (!body.contains(name)) continue;
    return fail(Errc::kInvalidArgument, "files are not taken here",
                "\"" + std::string(name) + "\" is not part of a user",
                "share the folder at the peer, which publishes it: directory.index");
  }
  return {};
}

Result<void> respell_user(Request& request) {
  auto body = object_of(request);
  if (!body) return tl::unexpected(body.error());
  if (auto none = refuse_files(*body); !none) return none;
  if (auto done = json::respell(*body, kUserSpellings); !done) return done;
  for (const std::string_view url : {"url", "api_url"}) {
    if (auto done = json::split_url(*body, url); !done) return done;
  }
  json::digits_to_number(*body, "port");
  request.body = bj::serialize(*body);
  return {};
}

// {"user": NAME} says who is meant, as ?user= does.
Result<void> respell_logout(Request& request) {
  auto body = object_of(request);
  if (!body) return tl::unexpected(body.error());
  std::string user;
  if (auto done = json::respell(*body, kUserSpellings); !done) return done;
  json::ObjectReader in(*body, "the logout");
  in.optional("name", user);
  if (auto done = in.finish(); !done) return done;
  if (!user.empty()) request.query.emplace_back("user", user);
  request.body.clear();
  return {};
}

Result<void> respell_index(Request& request) {
  auto body = object_of(request);
  if (!body) return tl::unexpected(body.error());
  if (auto done = json::respell(*body, kIndexSpellings); !done) return done;
  if (auto* const files = body->if_contains("files"); files != nullptr && files->is_array()) {
    for (auto& file : files->get_array()) {
      if (!file.is_object()) continue;
      if (auto done = json::respell(file.get_object(), kFileSpellings); !done) return done;
    }
  }
  request.body = bj::serialize(*body);
  return {};
}

Result<void> respell_search(Request& request) {
  for (auto& [name, value] : request.query) {
    if (name == "archivo" || name == "nombre") name = "name";
  }
  return {};
}

}  // namespace

void add_short_routes(http::Router& router) {
  http::add_alias(router, {"POST", "/register"}, {"POST", "/v1/users"}, respell_user);
  http::add_alias(router, {"POST", "/login"}, {"POST", "/v1/sessions"}, respell_user);
  http::add_alias(router, {"POST", "/logout"}, {"DELETE", "/v1/sessions"}, respell_logout);
  http::add_alias(router, {"POST", "/index"}, {"PUT", "/v1/index"}, respell_index);
  http::add_alias(router, {"PUT", "/loadfiles"}, {"PUT", "/v1/index"}, respell_index);
  http::add_alias(router, {"GET", "/index"}, {"GET", "/v1/index"});
  http::add_alias(router, {"GET", "/search"}, {"GET", "/v1/search"}, respell_search);
  http::add_alias(router, {"GET", "/peers"}, {"GET", "/v1/peers"});
}

}  // namespace shoal::bootstrap
