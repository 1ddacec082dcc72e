// SPDX-License-Identifier: Apache-2.0
// What a user sends to register or to log in, and what it is told.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bootstrap/core/account.h"
#include "proto/rpc/statement.h"
#include "proto/types/result.h"

namespace shoal::bootstrap {

/// The body of POST /v1/users and POST /v1/sessions: who, how that is proven (a password, a signed
/// statement, or at a registration both), and where the user's peer is.
struct UserRequest {
  std::string name;
  std::string password;                     ///< empty: none
  std::optional<rpc::Statement> statement;  ///< as "key", "stamp", "signature"
  std::optional<PeerId> peer;               ///< given, or the one whose key signed
  std::string address;                      ///< numeric; empty: the connection's
  std::uint16_t port = 0;
};

std::string to_body(const UserRequest& request);
/// Errors: kInvalidArgument, naming the member.
Result<UserRequest> user_request_from_body(std::string_view body);

/// What others may know of a user.
struct UserRecord {
  std::string name;
  Place place;
  bool online = false;  ///< a session is open
};

/// shoal/directory.user/1.
boost::json::object to_json(const UserRecord& user);

}  // namespace shoal::bootstrap
