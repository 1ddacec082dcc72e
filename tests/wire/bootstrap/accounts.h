// SPDX-License-Identifier: Apache-2.0
// A user of a directory, as plain HTTP.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <string>

#include "bootstrap/http/user_request.h"
#include "proto/http/rest_client.h"
#include "tests/wire/bootstrap/support.h"

namespace shoal::bootstrap {

inline http::RestClient client_with(const std::string& url, const std::string& token) {
  http::ClientOptions options;
  options.token = token;
  const auto target = http::Target::parse(url);
  EXPECT_TRUE(target) << url;
  return http::RestClient(target.value_or(http::Target{"127.0.0.1", 1, {}}), options);
}

inline std::string user_body(const std::string& name, const std::string& password,
                             int port = 7401) {
  return boost::json::serialize(
      boost::json::object{{"name", name}, {"password", password}, {"port", port}});
}

inline int status_of(const Result<http::Answer>& answer) { return answer ? answer->status : 0; }

inline int register_at(const std::string& url, const std::string& name,
                       const std::string& password = "secret") {
  return status_of(client_of(url).send("POST", "/v1/users", user_body(name, password)));
}

/// The token; "" when the login failed.
inline std::string log_in_at(const std::string& url, const std::string& name,
                             const std::string& password = "secret", int port = 7401) {
  const auto body = client_of(url).call("POST", "/v1/sessions", user_body(name, password, port));
  return body ? std::string(boost::json::parse(*body).at("token").as_string()) : "";
}

/// 200 while the token's session is open.
inline int session_at(const std::string& url, const std::string& token) {
  return status_of(client_with(url, token).send("GET", "/v1/sessions"));
}

}  // namespace shoal::bootstrap
