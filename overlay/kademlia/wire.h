// SPDX-License-Identifier: Apache-2.0
// Kademlia's own messages, as bytes. Every length in them is judged; what does not fit exactly is
// no message.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "overlay/kademlia/point.h"
#include "overlay/kademlia/providers.h"
#include "proto/types/message.h"

namespace shoal::overlay::kademlia {

/// The kinds; a request's `query` is in its answer. The paper's PING, FIND_NODE, STORE and
/// FIND_VALUE, the last two for providers instead of values.
enum class Kind : std::uint8_t {
  kPing = kFirstOwnMessageKind,  ///< no bytes
  kPong,                         ///< no bytes
  kFindNode,                     ///< FindRequest without words
  kNodes,                        ///< no bytes; contacts: nodes near the target
  kAddProvider,                  ///< AddRequest: the sender has something under a key; no answer
  kGetProviders,                 ///< FindRequest
  kProviders,  ///< one byte: how many of the contacts, from the first on, are providers; then nodes
};
inline constexpr auto kLastKind = Kind::kProviders;

constexpr MessageKind as_message_kind(Kind kind) { return static_cast<MessageKind>(kind); }
constexpr std::optional<Kind> own_kind(MessageKind kind) {
  const auto value = static_cast<std::uint8_t>(kind);
  if (value < kFirstOwnMessageKind || value > static_cast<std::uint8_t>(kLastKind)) return {};
  return static_cast<Kind>(value);
}

/// 32 bytes of target, then the words.
struct FindRequest {
  Point target;
  std::string_view words;  ///< that a provider's file must have; at most limits::kTermsMax bytes
};
std::string encode(const FindRequest& request);
/// The result looks into `bytes`.
std::optional<FindRequest> decode_find(std::string_view bytes);

/// 32 bytes of key; one byte: bit 7 when the sender has further files there, else how many follow;
/// for each: 32 bytes of root, 8 of length (little-endian), one byte: bit 7 when the file has
/// further words, else how many bytes of words follow, and these.
struct AddRequest {
  Point key;
  Offer offer;
};
std::string encode(const AddRequest& request);
std::optional<AddRequest> decode_add(std::string_view bytes);

}  // namespace shoal::overlay::kademlia
