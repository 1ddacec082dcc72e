// SPDX-License-Identifier: Apache-2.0
// What travels on a link, as bytes: a hello, then frames of messages. Both directions look the same
// (OpenRequest and OpenResponse of proto/shoal/v1/link.proto).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "proto/types/message.h"

namespace shoal::codec {

/// Why bytes from a neighbour were not taken. Each is dropped, counted by this name, and a strike.
enum class Refusal : std::uint8_t {
  kTooLong,       ///< over limits::kFrameBytes
  kGarbage,       ///< no protobuf of that type, or neither hello nor frame
  kUnknownKind,   ///< a message of no kind that is known here
  kNoCopy,        ///< does not say which copy it speaks of
  kBadQueryId,    ///< not 16 bytes
  kBadNumber,     ///< a TTL, hop, overlay or kind that is out of its range
  kBadBody,       ///< a query's body is no QueryBody, or too long
  kTermsTooLong,  ///< over limits::kTermsMax
  kBadTerms,      ///< not UTF-8, or both words and a content, or neither
  kBadContent,    ///< a root that is not 32 bytes, or a length over limits::kFileBytesMax
  kBadKey,        ///< not 32 bytes
  kBadCounts,     ///< an echo whose counts do not fit its kind or pass the last hop
  kBadOffer,      ///< a hit that is no offer, has no files or too many, or malformed ones
  kBadContacts,   ///< over limits::kContactsMax or kContactsBytes, or a card that is none
};
std::string_view to_text(Refusal refusal);

struct Hello {
  std::uint32_t version = 1;
  std::string network;
  LinkMode mode = LinkMode::kStandby;
  std::uint32_t ttl_limit = 0;
  std::string card;  ///< an encoded SignedCard
  friend bool operator==(const Hello&, const Hello&) = default;
};
inline constexpr std::uint32_t kVersion = 1;

struct Ping {
  std::uint64_t number = 0;
  friend bool operator==(const Ping&, const Ping&) = default;
};
struct Pong {
  std::uint64_t number = 0;
  friend bool operator==(const Pong&, const Pong&) = default;
};
/// One entry of a frame.
using Item = std::variant<Message, Ping, Pong>;

/// What one read of a link held.
struct Read {
  std::optional<Hello> hello;
  std::vector<Item> items;        ///< in order
  std::vector<Refusal> refusals;  ///< of the rest
};

/// A whole write that begins a link.
std::string encode_hello(const Hello& hello);

/// One entry, ready to be put into a frame: at most limits::kFrameBytes / 2 bytes. The payload's
/// own encoding is made once and kept in it, so that eight copies of a query cost one. Requires
/// that OpaqueBody::cards are there for contacts, within limits::kContactsMax and kContactsBytes.
std::string encode_item(const Item& item);
/// The same, put behind what `out` holds.
void append_item(std::string& out, const Message& message);

/// A whole write: entries of encode_item, one after the other. Requires that they are at most
/// limits::kFrameBytes together.
std::string frame_of(std::string_view entries);

/// Takes one read apart. Never fails: what cannot be taken is in `refusals`.
Read decode(std::string_view bytes);
/// The same, all by protobuf's own parser: what decode() must come to.
Read decode_by_protobuf(std::string_view bytes);

}  // namespace shoal::codec
