// SPDX-License-Identifier: Apache-2.0
#include "proto/rpc/endpoint.h"

#include <charconv>
#include <cstdint>
#include <system_error>

namespace shoal::rpc {
namespace {

constexpr std::size_t kHostMax = 253;

bool all_of(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

}  // namespace

bool is_endpoint(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdefABCDEF:.";
  constexpr std::string_view kHostChars =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-_";
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc{} || end != port.data() + port.size() || number == 0) return false;
  if (host.size() > kHostMax) return false;
  if (host.starts_with('[') && host.ends_with(']')) {
    return all_of(host.substr(1, host.size() - 2), kHex);
  }
  return all_of(host, kHostChars);
}

}  // namespace shoal::rpc
