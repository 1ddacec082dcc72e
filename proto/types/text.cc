// SPDX-License-Identifier: Apache-2.0
#include "proto/types/text.h"

#include <array>
#include <charconv>
#include <numeric>

namespace shoal {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kBase32 = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::size_t kPeerIdChars = 52;  // ceil(256 / 5)

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Luhn modulo 32: sees every changed character and every swap of neighbours but one pair.
char check_character(std::string_view symbols) {
  std::size_t sum = 0;
  std::size_t factor = 2;
  for (auto symbol = symbols.rbegin(); symbol != symbols.rend(); ++symbol) {
    const std::size_t addend = factor * kBase32.find(*symbol);
    sum += addend / 32 + addend % 32;
    factor = 3 - factor;
  }
  return kBase32[(32 - sum % 32) % 32];
}

tl::unexpected<Error> bad_peer_id(std::string why) {
  return fail(Errc::kInvalidArgument, "not a peer id", std::move(why),
              "a peer id has 53 characters a-z and 2-7; `shoal status` on that peer prints it");
}

}  // namespace

std::string to_hex(std::span<const std::uint8_t> bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  for (const std::uint8_t byte : bytes) {
    text += kHex[byte >> 4];
    text += kHex[byte & 15];
  }
  return text;
}

bool from_hex(std::string_view text, std::span<std::uint8_t> bytes) {
  if (text.size() != 2 * bytes.size()) return false;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const int high = hex_value(text[2 * at]);
    const int low = hex_value(text[2 * at + 1]);
    if (high < 0 || low < 0) return false;
    bytes[at] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return true;
}

std::string to_text(const PeerId& id) {
  std::string text;
  text.reserve(kPeerIdChars + 1);
  unsigned held = 0;
  unsigned bits = 0;
  for (const std::uint8_t byte : id.bytes) {
    held = (held << 8 | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += kBase32[held >> bits & 31];
    }
  }
  text += kBase32[held << (5 - bits) & 31];
  return text + check_character(text);
}

std::string to_short_text(const PeerId& id) { return to_text(id).substr(0, 8); }

Result<PeerId> parse_peer_id(std::string_view text) {
  if (text.size() != kPeerIdChars + 1) {
    return bad_peer_id("it has " + std::to_string(text.size()) + " characters instead of " +
                       std::to_string(kPeerIdChars + 1));
  }
  if (text.find_first_not_of(kBase32) != std::string_view::npos) {
    return bad_peer_id("it has a character other than a-z and 2-7");
  }
  const std::string_view symbols = text.substr(0, kPeerIdChars);
  if (check_character(symbols) != text.back()) return bad_peer_id("a character was mistyped");
  PeerId id;
  unsigned held = 0;
  unsigned bits = 0;
  std::size_t at = 0;
  for (const char symbol : symbols) {
    held = (held << 5 | static_cast<unsigned>(kBase32.find(symbol))) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    id.bytes[at++] = static_cast<std::uint8_t>(held >> bits & 0xff);
  }
  if ((held & ((1U << bits) - 1)) != 0)
    return bad_peer_id("its last character has unused bits set");
  return id;
}

std::string to_text(const ContentId& id) {
  return to_hex(id.root.bytes) + "-" + std::to_string(id.length);
}

Result<ContentId> parse_content_id(std::string_view text) {
  ContentId id;
  const std::size_t digits = 2 * Hash256::kSize;
  const bool shaped = text.size() > digits + 1 && text[digits] == '-' &&
                      from_hex(text.substr(0, digits), id.root.bytes);
  if (shaped) {
    const std::string_view length = text.substr(digits + 1);
    const auto [end, error] =
        std::from_chars(length.data(), length.data() + length.size(), id.length);
    const bool canonical = length == "0" || length.front() != '0';
    if (error == std::errc{} && end == length.data() + length.size() && canonical) return id;
  }
  return fail(Errc::kInvalidArgument, "not a content id", "it is not <64 hex digits>-<length>",
              "copy it from `shoal search` or `shoal shares`");
}

std::string to_text(const QueryId& id) {
  std::string text(32, '0');
  for (std::size_t at = 0; at < 16; ++at) {
    text[15 - at] = kHex[id.high >> (4 * at) & 15];
    text[31 - at] = kHex[id.low >> (4 * at) & 15];
  }
  return text;
}

std::optional<QueryId> parse_query_id(std::string_view text) {
  std::array<std::uint8_t, 16> bytes{};
  if (!from_hex(text, bytes)) return std::nullopt;
  const auto word = [&](std::size_t from) {
    return std::accumulate(bytes.begin() + static_cast<std::ptrdiff_t>(from),
                           bytes.begin() + static_cast<std::ptrdiff_t>(from + 8), std::uint64_t{0},
                           [](std::uint64_t sum, std::uint8_t byte) { return sum << 8 | byte; });
  };
  return QueryId{word(0), word(8)};
}

}  // namespace shoal
