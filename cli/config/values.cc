// SPDX-License-Identifier: Apache-2.0
#include "cli/config/values.h"

#include <arpa/inet.h>

#include <algorithm>

#include "proto/types/utf8.h"

namespace shoal::config {

constexpr std::size_t kPathMax = 4096;

Wrong want_scalar(const Item& value) {
  if (value.kind == Item::Kind::kScalar) return std::nullopt;
  return value.trouble(value.kind == Item::Kind::kNull ? "it has no value"
                                                       : "one value is expected here");
}

Wrong set_text(const Item& value, std::string& out, std::size_t max, bool may_be_empty) {
  if (auto wrong = want_scalar(value)) return wrong;
  const bool control =
      std::ranges::any_of(value.text, [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; });
  if (control || !is_utf8(value.text))
    return value.trouble("it must be text without control characters");
  if (value.text.empty() && !may_be_empty) return value.trouble("it is empty");
  if (value.text.size() > max) {
    return value.trouble("it is longer than " + std::to_string(max) + " bytes");
  }
  out = value.text;
  return std::nullopt;
}

Wrong set_address(const Item& value, std::string& out) {
  std::string text;
  if (auto wrong = set_text(value, text, kTextMax)) return wrong;
  std::array<unsigned char, 16> bytes{};
  if (::inet_pton(AF_INET, text.c_str(), bytes.data()) != 1 &&
      ::inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) {
    return value.trouble("\"" + text + "\" is no numeric address",
                         "write 127.0.0.1 for this machine only, 0.0.0.0 for all networks");
  }
  out = text;
  return std::nullopt;
}

Wrong set_path(const Item& value, std::string& out) {
  std::string text;
  if (auto wrong = set_text(value, text, kPathMax)) return wrong;
  if (!text.starts_with('/') && !text.starts_with("~/") && text != "~") {
    return value.trouble("\"" + text + "\" is no absolute path", "begin it with / or ~/");
  }
  out = text;
  return std::nullopt;
}

Wrong set_duration(const Item& value, std::chrono::milliseconds& out) {
  if (auto wrong = want_scalar(value)) return wrong;
  const auto read = parse_duration(value.text);
  if (!read) return value.trouble(read.error().what, read.error().next);
  out = *read;
  return std::nullopt;
}

Wrong set_size(const Item& value, std::uint64_t& out) {
  if (auto wrong = want_scalar(value)) return wrong;
  const auto read = parse_size(value.text);
  if (!read) return value.trouble(read.error().what, read.error().next);
  out = *read;
  return std::nullopt;
}

Wrong set_rate(const Item& value, std::uint64_t& out) {
  if (auto wrong = want_scalar(value)) return wrong;
  const auto read = parse_rate(value.text);
  if (!read) return value.trouble(read.error().what, read.error().next);
  out = *read;
  return std::nullopt;
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace shoal::config
