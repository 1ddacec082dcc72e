// SPDX-License-Identifier: Apache-2.0
#include "proto/types/percent.h"

#include <array>
#include <cstdint>

#include "proto/types/text.h"

namespace shoal {

std::string percent_encoded(std::string_view text, bool (*plain)(char)) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (plain(c)) {
      out += c;
    } else {
      out += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
    }
  }
  return out;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += text[at];
      continue;
    }
    std::array<std::uint8_t, 1> byte{};
    if (!from_hex(text.substr(at + 1, 2), byte)) return std::nullopt;
    out += static_cast<char>(byte[0]);
    at += 2;
  }
  return out;
}

}  // namespace shoal
