// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <chrono>
#include <string>
#include <thread>

#include "bootstrap/http/lease_request.h"
#include "proto/http/rest_client.h"
#include "proto/types/text.h"
#include "tests/bootstrap/http/requests.h"

namespace shoal::bootstrap {

inline std::int64_t unix_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

inline std::string path_of(const PeerId& id) { return "/v1/peers/" + to_text(id); }

inline http::RestClient client_of(const std::string& url) {
  const auto target = http::Target::parse(url);
  EXPECT_TRUE(target) << url;
  return http::RestClient(target.value_or(http::Target{"127.0.0.1", 1, {}}));
}

/// The card's sequence is the stamp: each is a new one.
inline Result<http::Answer> put(const http::RestClient& client, const rpc::Identity& who,
                                std::uint64_t stamp) {
  return client.send("PUT", path_of(who.id()), to_body(lease_of(who, stamp, unix_now(), stamp)));
}

inline std::int64_t peers_listed(const http::RestClient& client) {
  const auto body = client.call("GET", "/v1/peers?limit=200");
  if (!body) return -1;
  return static_cast<std::int64_t>(boost::json::parse(*body).at("items").as_array().size());
}

/// Polls until it holds; false when it does not within the time.
template <class Condition>
bool soon(Condition holds, std::chrono::milliseconds time = std::chrono::seconds(20)) {
  const auto until = std::chrono::steady_clock::now() + time;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace shoal::bootstrap
