// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace shoal::daemon {

/// "host:port", with brackets around an IPv6 address.
std::string endpoint(const std::string& host, std::uint16_t port);

/// Where friends dial a peer that listens on `address` and `port`: what it is told to announce, or
/// that address, or, when that is all addresses, this machine's own (at most limits::kEndpointsMax;
/// loopback when it has no other).
std::vector<std::string> announced(const std::vector<std::string>& told, const std::string& address,
                                   std::uint16_t port);

}  // namespace shoal::daemon
