// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "proto/types/bodies.h"
#include "proto/types/ids.h"
#include "proto/types/payload.h"

namespace shoal {

/// What a message is; the number on the wire. From kFirstOwn on they belong to overlays.
enum class MessageKind : std::uint8_t {
  kQuery = 1,          ///< body QueryBody
  kEchoDuplicate = 2,  ///< no body: that copy was a useless repeat
  kEchoLeaf = 3,       ///< no body: one more peer asked, nothing below it
  kEchoRefused = 4,    ///< no body: the peer is at a limit
  kEcho = 5,           ///< body EchoBody
  kHit = 6,            ///< body HitBody
  kCancel = 7,         ///< no body: the copy is no longer wanted
  kLinkActive = 8,     ///< no body: the sender wants this link asked over
  kLinkStandby = 9,    ///< no body: the sender wants it kept up and silent
};
inline constexpr std::uint8_t kFirstOwnMessageKind = 32;
/// Own kinds from here on are copies of a query, each sent to a peer that shall answer it: they are
/// counted as such, and a full queue gives them back.
inline constexpr std::uint8_t kFirstOwnCopyKind = 128;
constexpr bool carries_query(MessageKind kind) {
  return kind == MessageKind::kQuery || static_cast<std::uint8_t>(kind) >= kFirstOwnCopyKind;
}

/// One message between two neighbours: a header by value and a shared payload. 32 bytes.
///
/// Echo, hit and cancel name the copy they speak of by (query, ttl) on its own link: `ttl` is that
/// with which the copy was received. `hops` is how many links the copy had crossed before this one.
struct Message {
  QueryId query;
  PayloadRef body;
  std::uint32_t budget_ms = 0;  ///< queries: time until the copy must be answered, from receipt
  MessageKind kind = MessageKind::kQuery;
  OverlayId overlay;
  std::uint8_t ttl = 0;   ///< queries: hops left including the one just made, so 1 ends here
  std::uint8_t hops = 0;  ///< queries: links crossed before this one
};
static_assert(sizeof(Message) == 32);

/// What a receiver makes of a message.
enum class Verdict : std::uint8_t {
  kAccept,
  kIgnore,  ///< late or pointless, but no offence
  kReject,  ///< no honest peer sends this: one strike
};

/// Whether a link is asked over, or only kept up for the day its primary fails.
enum class LinkMode : std::uint8_t { kStandby, kActive };

/// What a friend is to this peer.
enum class Role : std::uint8_t {
  kPrimary,    ///< searches go through it
  kSecondary,  ///< kept on standby until the primary is down
  kFriend,     ///< searches go through it too
  kAccepted,   ///< it listed us; its wish decides
};

}  // namespace shoal
