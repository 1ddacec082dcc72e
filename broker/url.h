// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proto/types/result.h"

namespace shoal::broker {

/// Where a broker is, and as whom to log in: amqp://user:password@host:port/vhost, of which only
/// the host is needed.
struct Url {
  std::string host;  ///< without the brackets of an IPv6 address
  std::uint16_t port = 5672;
  std::string user = "guest";
  std::string password = "guest";
  std::string vhost = "/";

  /// The same for people: without the password.
  [[nodiscard]] std::string shown() const;
  friend bool operator==(const Url&, const Url&) = default;
};

/// Parts may be percent-encoded, as "/" must be in a vhost; an empty vhost is "/".
/// Errors: kInvalidArgument, whose words never hold the password.
Result<Url> parse_url(std::string_view text);

}  // namespace shoal::broker
