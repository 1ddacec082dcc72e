// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/friends/endpoints.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "proto/rpc/endpoint.h"
#include "proto/types/limits.h"

namespace shoal::daemon {
namespace {

// Numeric addresses of this machine that are up, without loopback and link-local ones.
std::vector<std::string> own_addresses(bool also_v6) {
  std::vector<std::string> out;
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return out;
  for (const ifaddrs* at = first; at != nullptr; at = at->ifa_next) {
    if (at->ifa_addr == nullptr || (at->ifa_flags & IFF_UP) == 0) continue;
    if ((at->ifa_flags & IFF_LOOPBACK) != 0) continue;
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (at->ifa_addr->sa_family == AF_INET) {
      sockaddr_in address{};
      std::memcpy(&address, at->ifa_addr, sizeof address);
      ::inet_ntop(AF_INET, &address.sin_addr, text.data(), text.size());
    } else if (also_v6 && at->ifa_addr->sa_family == AF_INET6) {
      sockaddr_in6 address{};
      std::memcpy(&address, at->ifa_addr, sizeof address);
      if (IN6_IS_ADDR_LINKLOCAL(&address.sin6_addr)) continue;
      ::inet_ntop(AF_INET6, &address.sin6_addr, text.data(), text.size());
    }
    if (text.front() != '\0') out.emplace_back(text.data());
  }
  ::freeifaddrs(first);
  return out;
}

}  // namespace

std::string endpoint(const std::string& host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos && !host.starts_with('[');
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::vector<std::string> announced(const std::vector<std::string>& told, const std::string& address,
                                   std::uint16_t port) {
  std::vector<std::string> out;
  for (const auto& host : told) {
    out.push_back(rpc::is_endpoint(host) ? host : endpoint(host, port));
  }
  if (!out.empty()) return out;
  std::vector<std::string> hosts{address};
  if (address == "0.0.0.0" || address == "::") {
    hosts = own_addresses(address == "::");
    if (hosts.empty()) hosts.emplace_back("127.0.0.1");
  }
  for (const auto& host : hosts) out.push_back(endpoint(host, port));
  if (out.size() > limits::kEndpointsMax) out.resize(limits::kEndpointsMax);
  return out;
}

}  // namespace shoal::daemon
