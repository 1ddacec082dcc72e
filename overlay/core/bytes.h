// SPDX-License-Identifier: Apache-2.0
// The bytes of overlays' own messages: little-endian numbers, varints, and what a query wants.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "proto/types/bodies.h"
#include "proto/types/payload.h"

namespace shoal::overlay {

/// Appends to a text of bytes.
class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) : out_(out) {}

  void u8(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void u16(std::uint16_t value) { fixed(value, 2); }
  void u32(std::uint32_t value) { fixed(value, 4); }
  void u64(std::uint64_t value) { fixed(value, 8); }
  /// Seven bits a byte, the low ones first; the last byte has no high bit.
  void varint(std::uint64_t value);
  void raw(std::string_view bytes) { out_.append(bytes); }
  /// Its length as a varint before it.
  void text(std::string_view bytes);

 private:
  void fixed(std::uint64_t value, unsigned bytes);

  std::string& out_;
};

/// Reads what a ByteWriter wrote, or what somebody else sent instead: a read beyond the end, or of
/// what no writer writes, gives zeros and makes good() false for good.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] bool good() const { return good_; }
  /// All was read, and all was good.
  [[nodiscard]] bool done() const { return good_ && rest_.empty(); }

  std::uint8_t u8() { return static_cast<std::uint8_t>(fixed(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(fixed(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(fixed(4)); }
  std::uint64_t u64() { return fixed(8); }
  /// At most `most`; and the only way to write it, so no zeros at its end.
  std::uint64_t varint(std::uint64_t most = UINT64_MAX);
  std::string_view raw(std::size_t bytes);
  std::string_view text(std::size_t most);
  /// What is left.
  std::string_view rest() { return raw(rest_.size()); }

 private:
  std::uint64_t fixed(unsigned bytes);

  std::string_view rest_;
  bool good_ = true;
};

/// What a query wants, for messages that carry it: some 90 bytes and its terms.
void write_query(ByteWriter& out, const QueryBody& query);
/// Empty, and `in` is no longer good, when it is none that a Node would let a search begin with.
PayloadRef read_query(ByteReader& in);

}  // namespace shoal::overlay
