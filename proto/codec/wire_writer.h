// SPDX-License-Identifier: Apache-2.0
// The few forms of protobuf's encoding that messages on a link consist of, written in place: a
// message object per message would cost more than all else that a relay does. Internal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace shoal::codec {

constexpr std::size_t varint_size(std::uint64_t value) {
  std::size_t size = 1;
  for (; value >= 0x80; value >>= 7) ++size;
  return size;
}
inline void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

// All fields here have numbers under 16, so that a tag is one byte.

/// A number; 0 is left out, as proto3 has it.
constexpr std::size_t number_size(std::uint64_t value) {
  return value == 0 ? 0 : 1 + varint_size(value);
}
inline void append_number(std::string& out, int field, std::uint64_t value) {
  if (value == 0) return;
  out += static_cast<char>(field << 3);
  append_varint(out, value);
}

/// Bytes, text or a message inside, also when empty.
constexpr std::size_t bytes_size(std::size_t length) { return 1 + varint_size(length) + length; }
/// What stands before so many bytes.
inline void append_head(std::string& out, int field, std::size_t length) {
  out += static_cast<char>(field << 3 | 2);
  append_varint(out, length);
}
inline void append_bytes(std::string& out, int field, std::string_view bytes) {
  append_head(out, field, bytes.size());
  out += bytes;
}

}  // namespace shoal::codec
