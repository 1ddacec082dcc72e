// SPDX-License-Identifier: Apache-2.0
// The common messages of a link read in place: a message object per message costs more than all
// else that a relay does. Internal to this folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "proto/types/message.h"

namespace shoal::codec {

/// A cursor over protobuf's encoding that takes only its plain form, the one that every encoder
/// writes. After something else it is not ok(), and all that it gave means nothing.
class PlainReader {
 public:
  explicit PlainReader(std::string_view bytes) : left_(bytes) {}

  [[nodiscard]] bool ok() const { return ok_; }
  /// All was taken, and plain.
  [[nodiscard]] bool done() const { return ok_ && left_.empty(); }

  /// The bytes of `field`, if it comes next; fields have numbers under 16.
  std::optional<std::string_view> bytes(int field) {
    if (!next_is(static_cast<unsigned>(field) << 3 | 2)) return std::nullopt;
    const std::uint64_t length = varint();
    if (!ok_ || length > left_.size()) {
      ok_ = false;
      return std::nullopt;
    }
    const std::string_view taken = left_.substr(0, length);
    left_.remove_prefix(length);
    return taken;
  }
  /// The number in `field`, if that comes next; one over `most` is not plain.
  std::optional<std::uint64_t> number(int field, std::uint64_t most) {
    if (!next_is(static_cast<unsigned>(field) << 3)) return std::nullopt;
    const std::uint64_t value = varint();
    if (value > most) ok_ = false;
    return value;
  }

 private:
  bool next_is(unsigned tag) {
    if (left_.empty() || static_cast<unsigned char>(left_.front()) != tag) return false;
    left_.remove_prefix(1);
    return true;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 63 && !left_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(left_.front());
      left_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
      if (byte < 0x80) return value;
    }
    ok_ = false;
    return 0;
  }

  std::string_view left_;
  bool ok_ = true;
};

/// A query by words, an echo without counts or a cancel, if `entry` (an encoded v1.Message) is one
/// in plain form with which nothing is wrong. None: protobuf has to look at it. What it does give
/// is what protobuf would have read.
std::optional<Message> read_plain(std::string_view entry);

}  // namespace shoal::codec
