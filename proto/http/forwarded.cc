// SPDX-License-Identifier: Apache-2.0
#include "proto/http/forwarded.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "proto/http/ascii.h"

namespace shoal::http {
namespace {

bool is_numeric(const std::string& address) {
  std::array<unsigned char, 16> bytes{};
  return ::inet_pton(AF_INET, address.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1;
}

// All lists of that name as one, in the order of writing.
std::vector<std::string> entries_of(const Request::Pairs& headers) {
  std::vector<std::string> entries;
  for (const auto& [name, value] : headers) {
    if (!same_ignoring_case(name, "X-Forwarded-For")) continue;
    std::string_view rest = value;
    while (true) {
      const auto comma = rest.find(',');
      entries.emplace_back(trim(rest.substr(0, comma)));
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return entries;
}

}  // namespace

std::string client_address(const Request::Pairs& headers, const std::string& connection,
                           const std::vector<std::string>& proxies) {
  const auto ours = [&](const std::string& address) {
    return std::ranges::find(proxies, address) != proxies.end();
  };
  std::string known = connection;
  if (!ours(known)) return known;
  auto entries = entries_of(headers);
  while (!entries.empty() && is_numeric(entries.back())) {
    known = std::move(entries.back());
    entries.pop_back();
    if (!ours(known)) return known;
  }
  return known;
}

}  // namespace shoal::http
