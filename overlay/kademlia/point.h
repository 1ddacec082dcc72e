// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "proto/types/ids.h"

namespace shoal::overlay::kademlia {

/// A point of the space in which peers, contents and words lie: 256 bits, most significant word
/// first (Kademlia, section 2.1).
struct Point {
  std::array<std::uint64_t, 4> words{};
  friend constexpr auto operator<=>(const Point&, const Point&) = default;
};
inline constexpr std::size_t kPointBytes = 32;
inline constexpr unsigned kPointBits = 256;

/// The XOR metric; symmetric, so that peers learn of those whom they will ask.
constexpr Point distance(const Point& a, const Point& b) {
  Point d;
  for (std::size_t i = 0; i < d.words.size(); ++i) d.words[i] = a.words[i] ^ b.words[i];
  return d;
}

/// Leading bits that both have in common, 0..256.
constexpr unsigned common_prefix(const Point& a, const Point& b) {
  for (std::size_t i = 0; i < a.words.size(); ++i) {
    const std::uint64_t differ = a.words[i] ^ b.words[i];
    if (differ != 0)
      return static_cast<unsigned>(64 * i) + static_cast<unsigned>(std::countl_zero(differ));
  }
  return kPointBits;
}

constexpr Point point_of(const std::array<std::uint8_t, kPointBytes>& bytes) {
  Point p;
  for (std::size_t word = 0; word < p.words.size(); ++word) {
    const std::uint8_t* const b = bytes.data() + 8 * word;
    // Written out, the compiler sees that it is one load.
    p.words[word] = std::uint64_t{b[0]} << 56 | std::uint64_t{b[1]} << 48 |
                    std::uint64_t{b[2]} << 40 | std::uint64_t{b[3]} << 32 |
                    std::uint64_t{b[4]} << 24 | std::uint64_t{b[5]} << 16 |
                    std::uint64_t{b[6]} << 8 | std::uint64_t{b[7]};
  }
  return p;
}
constexpr Point point_of(const PeerId& id) { return point_of(id.bytes); }
constexpr std::array<std::uint8_t, kPointBytes> bytes_of(const Point& point) {
  std::array<std::uint8_t, kPointBytes> bytes{};
  for (std::size_t i = 0; i < kPointBytes; ++i) {
    bytes[i] = static_cast<std::uint8_t>(point.words[i / 8] >> (8 * (7 - i % 8)));
  }
  return bytes;
}

/// Where the holders of a content, and those of files with a word, are written down: SHA-256 of
/// which of the two it is, and of itself. Words are folded by whoever shares and searches.
Point point_of_content(const ContentId& content);
Point point_of_word(std::string_view word);

}  // namespace shoal::overlay::kademlia
