// SPDX-License-Identifier: Apache-2.0
#include "proto/types/utf8.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "proto/types/assert.h"

namespace shoal {
namespace {

// The length of the well-formed sequence that `text` starts with; 0 if there is none.
std::size_t sequence_at(std::string_view text) {
  const auto byte = [&](std::size_t at) {
    return at < text.size() ? static_cast<std::uint8_t>(text[at]) : std::uint8_t{0};
  };
  const auto tail = [&](std::size_t at) { return (byte(at) & 0xc0) == 0x80; };
  const std::uint8_t first = byte(0);
  const std::uint8_t second = byte(1);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return tail(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const bool overlong = first == 0xe0 && second < 0xa0;
    const bool surrogate = first == 0xed && second > 0x9f;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool outside = (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
    return tail(1) && tail(2) && tail(3) && !outside ? 4 : 0;
  }
  return 0;
}

// The code point of a well-formed sequence of that length.
char32_t point_of(std::string_view sequence) {
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(sequence[at]); };
  if (sequence.size() == 1) return byte(0);
  char32_t point = byte(0) & (0x7fU >> sequence.size());
  for (std::size_t at = 1; at < sequence.size(); ++at) point = point << 6 | (byte(at) & 0x3fU);
  return point;
}

struct Span {
  char32_t first;
  char32_t last;
};
// Controls (C0, DEL, C1), marks of direction and their overrides, zero-width and separating ones.
constexpr std::array kHarmful{
    Span{0x00, 0x1f},     Span{0x7f, 0x9f},       Span{0x61c, 0x61c},   Span{0x200b, 0x200b},
    Span{0x200e, 0x200f}, Span{0x2028, 0x202e},   Span{0x2060, 0x206f}, Span{0xfeff, 0xfeff},
    Span{0xfff9, 0xfffb}, Span{0xe0000, 0xe007f},
};

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

}  // namespace

std::string scrub(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = sequence_at(text);
    out += length == 0 ? kReplacement : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = sequence_at(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool is_harmful(char32_t point) {
  return std::ranges::any_of(
      kHarmful, [&](const Span& span) { return point >= span.first && point <= span.last; });
}

std::string disarm(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = sequence_at(text);
    const bool fine = length > 0 && !is_harmful(point_of(text.substr(0, length)));
    out += fine ? text.substr(0, length) : kReplacement;
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

std::string shorten(std::string text, std::size_t bytes) {
  SHOAL_ASSERT(bytes >= 2);
  if (text.size() <= bytes) return text;
  std::size_t end = bytes - 2;
  while (end > 0 && (static_cast<std::uint8_t>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "..";
}

}  // namespace shoal
