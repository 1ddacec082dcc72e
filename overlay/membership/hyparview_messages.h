// SPDX-License-Identifier: Apache-2.0
// The messages of HyParView, as plain values and as bytes. Internal to this folder.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "proto/types/message.h"

namespace shoal::overlay::hyparview {

/// Kinds of kMembershipMessages. In brackets what the message's contacts are.
enum class Kind : std::uint8_t {
  kJoin = 32,     ///< a newcomer asks its contact in []
  kForwardJoin,   ///< a walk with a newcomer [the newcomer]; ttl
  kNeighbor,      ///< asks to be a neighbour []; urgent: the asker has none
  kAnswer,        ///< of kJoin and kNeighbor []; accepted
  kDisconnect,    ///< the receiver is no neighbour any more []
  kShuffle,       ///< a walk with a sample of a view [the origin, then the sample]; nonce, ttl
  kShuffleReply,  ///< at the end of that walk, to the origin [a sample]; nonce
};

struct Said {
  Kind kind = Kind::kJoin;
  bool flag = false;  ///< urgent, or accepted
  std::uint8_t ttl = 0;
  std::uint64_t nonce = 0;
  std::vector<PeerRef> peers = {};
};

Message encode(const Said& said);
/// Nothing unless the bytes are exactly those of a message with ttl <= `ttl_most` and at most
/// `peers_most` contacts, and exactly or at least as many as its kind needs. Requires a body.
std::optional<Said> decode(const Message& message, std::uint8_t ttl_most, std::size_t peers_most);

}  // namespace shoal::overlay::hyparview
