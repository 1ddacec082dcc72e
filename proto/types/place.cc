// SPDX-License-Identifier: Apache-2.0
#include "proto/types/place.h"

#include <charconv>
#include <system_error>

namespace shoal {
namespace {

constexpr std::size_t kHostMax = 253;
constexpr std::string_view kScheme = "http://";

bool all_of(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

}  // namespace

std::optional<HostPort> split_place(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdefABCDEF:.";
  constexpr std::string_view kHostChars =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-_";
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  HostPort out{text.substr(0, colon)};
  const std::string_view port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (error != std::errc{} || end != port.data() + port.size() || out.port == 0) {
    return std::nullopt;
  }
  if (out.host.size() > kHostMax) return std::nullopt;
  const bool v6 = out.host.starts_with('[') && out.host.ends_with(']');
  if (v6) out.host = out.host.substr(1, out.host.size() - 2);
  if (!all_of(out.host, v6 ? kHex : kHostChars)) return std::nullopt;
  return out;
}

std::optional<std::string_view> place_in(std::string_view url) {
  if (!url.starts_with(kScheme)) return std::nullopt;
  url.remove_prefix(kScheme.size());
  return url.substr(0, url.find('/'));
}

bool is_without_path(std::string_view url) {
  const auto place = place_in(url);
  return place && url.size() - kScheme.size() - place->size() <= 1;
}

}  // namespace shoal
