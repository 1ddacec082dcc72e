// SPDX-License-Identifier: Apache-2.0
// Ids and hashes as bytes. Internal to this folder.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/types/ids.h"

namespace shoal::codec {

/// 16 bytes, big-endian.
inline std::string bytes_of(const QueryId& query) {
  std::string bytes;
  for (const std::uint64_t half : {query.high, query.low}) {
    for (int shift = 56; shift >= 0; shift -= 8) {
      bytes += static_cast<char>(static_cast<std::uint8_t>(half >> shift));
    }
  }
  return bytes;
}

inline std::optional<QueryId> query_id_of(std::string_view bytes) {
  if (bytes.size() != 16) return std::nullopt;
  std::array<std::uint64_t, 2> halves{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    halves[i / 8] = halves[i / 8] << 8 | static_cast<std::uint8_t>(bytes[i]);
  }
  return QueryId{halves[0], halves[1]};
}

/// Requires equal sizes.
template <std::size_t N>
void copy_bytes(std::string_view from, std::array<std::uint8_t, N>& to) {
  std::ranges::transform(from, to.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
}

template <std::size_t N>
std::string text_of(const std::array<std::uint8_t, N>& bytes) {
  return {bytes.begin(), bytes.end()};
}

}  // namespace shoal::codec
