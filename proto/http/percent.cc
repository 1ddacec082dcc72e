// SPDX-License-Identifier: Apache-2.0
#include "proto/http/percent.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "proto/http/ascii.h"
#include "proto/types/text.h"

namespace shoal::http {

std::string encode_segment(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "-._~";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    const bool plain = (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') ||
                       kPlain.find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out;
}

std::string encode_query(std::string_view name, std::string_view value) {
  return encode_segment(name) + "=" + encode_segment(value);
}

std::optional<std::string> decode_segment(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += text[at];
      continue;
    }
    std::array<std::uint8_t, 1> byte{};
    if (!from_hex(text.substr(at + 1, 2), byte) || byte[0] == 0) return std::nullopt;
    out += static_cast<char>(byte[0]);
    at += 2;
  }
  return out;
}

}  // namespace shoal::http
