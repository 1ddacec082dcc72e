// SPDX-License-Identifier: Apache-2.0
// The bytes of a record: little-endian numbers, strings and lists behind their length. Internal.
#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "overlay/core/effects.h"
#include "overlay/core/node.h"
#include "proto/types/bodies.h"

namespace shoal::overlay::record {

inline constexpr std::string_view kMagic = "shoal-record 2\n";

/// What an entry holds; the number in the file.
enum class Entry : std::uint8_t {
  kFull,  ///< no more room: the record ends here, the peer went on
  kLinkUp,
  kLinkDown,
  kMessage,
  kGarbage,
  kDropped,
  kTimer,
  kMatches,
  kSearch,
  kCancel,
  kBefriend,
  kUnfriend,
  kStart,
  kShares,
  kSharesChanged,
  kIntroduced,
};
inline constexpr Entry kLastEntry = Entry::kIntroduced;

/// An answer that Env gave during the entry; kNone ends their list.
enum class Answer : std::uint8_t { kNone, kQueryId, kNonce, kPeerId, kSelf };

/// Appends values to a string.
class Writer {
 public:
  static constexpr bool kReads = false;
  explicit Writer(std::string& out) : out_(out) {}

  template <std::unsigned_integral T>
  void number(T value) {
    for (std::size_t byte = 0; byte < sizeof(T); ++byte) {
      out_ += static_cast<char>(value >> (8 * byte) & 0xff);
    }
  }
  void bytes(std::string_view text) {
    number(static_cast<std::uint32_t>(text.size()));
    out_ += text;
  }

 private:
  std::string& out_;
};

/// Takes values off the front of a string. Bytes that do not fit make it bad for good; what it then
/// gives is zero or empty.
class Reader {
 public:
  static constexpr bool kReads = true;
  explicit Reader(std::string_view in) : in_(in) {}

  template <std::unsigned_integral T>
  void number(T& value) {
    const std::string_view raw = take(sizeof(T));
    value = 0;
    for (std::size_t byte = 0; byte < raw.size(); ++byte) {
      const auto part = static_cast<T>(static_cast<std::uint8_t>(raw[byte]));
      value = static_cast<T>(value | static_cast<T>(part << (8 * byte)));
    }
  }
  void bytes(std::string& text) {
    std::uint32_t size = 0;
    number(size);
    text = take(size);
  }
  /// Lists grow as they are read: a length that lies runs into the end.
  [[nodiscard]] bool good() const { return good_; }
  void spoil() { good_ = false; }

 private:
  std::string_view take(std::size_t size) {
    good_ = good_ && size <= in_.size();
    if (!good_) return {};
    const std::string_view taken = in_.substr(0, size);
    in_.remove_prefix(size);
    return taken;
  }

  std::string_view in_;
  bool good_ = true;
};

/// A hash of bytes: FNV-1a, 64 bits (Fowler, Noll, Vo). Finds accidents, not forgeries.
constexpr std::uint64_t hash_of(std::string_view bytes) {
  std::uint64_t hash = 0xcbf2'9ce4'8422'2325ULL;
  for (const char c : bytes) {
    hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x0000'0100'0000'01b3ULL;
  }
  return hash;
}

// One overload per type, for both directions: a `T` to read into, or a `const T` to write.

template <class T>
concept Number = std::integral<std::remove_const_t<T>> || std::is_enum_v<std::remove_const_t<T>>;

template <class A, Number T>
void field(A& archive, T& value) {
  using Raw = std::conditional_t<
      sizeof(T) == 1, std::uint8_t,
      std::conditional_t<sizeof(T) == 2, std::uint16_t,
                         std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>>>;
  auto raw = static_cast<Raw>(value);
  archive.number(raw);
  if constexpr (A::kReads) value = static_cast<T>(raw);
}

template <class A, class T>
concept Like = std::same_as<std::remove_const_t<A>, T>;

template <class A, Like<std::string> T>
void field(A& archive, T& text) {
  archive.bytes(text);
}

template <class A, class Tag, class Rep>
void field(A& archive, Id<Tag, Rep>& id) {
  field(archive, id.value);
}
template <class A, class Tag, class Rep>
void field(A& archive, const Id<Tag, Rep>& id) {
  field(archive, id.value);
}

template <class A, class D>
requires requires(D& digest) { D::kSize; }
void field(A& archive, D& digest) {
  for (auto& byte : digest.bytes) field(archive, byte);
}

template <class A, Like<Duration> T>
void field(A& archive, T& value) {
  auto count = value.count();
  field(archive, count);
  if constexpr (A::kReads) value = Duration(count);
}

template <class A, Like<Instant> T>
void field(A& archive, T& value) {
  auto count = value.time_since_epoch().count();
  field(archive, count);
  if constexpr (A::kReads) value = Instant(Duration(count));
}

template <class A, Like<QueryId> T>
void field(A& archive, T& id) {
  field(archive, id.high);
  field(archive, id.low);
}

template <class A, Like<ContentId> T>
void field(A& archive, T& id) {
  field(archive, id.root);
  field(archive, id.length);
}

}  // namespace shoal::overlay::record
