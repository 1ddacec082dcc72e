// SPDX-License-Identifier: Apache-2.0
// The contacts of overlays' messages: handles here, signed cards on the wire. Internal to this
// folder.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "overlay/host/held.h"
#include "proto/rpc/card.h"
#include "proto/types/message.h"

namespace shoal::overlay {

/// Names the peers of messages, both ways, and remembers in the book what their cards say. A card
/// that is known is not verified again.
///
/// Strand only.
class Contacts {
 public:
  /// `own` gives this peer's current SignedCard.
  Contacts(rpc::PeerBook& book, const PeerId& me, std::function<std::string()> own)
      : book_(book), me_(me), own_(std::move(own)) {}

  /// Fills OpaqueBody::cards of a message that has contacts. Those whose card is unknown or has
  /// expired are left out, and what is over limits::kContactsMax or kContactsBytes.
  void write(const Message& message) const;
  /// `message` with handles for the cards that it came with, which `held` keeps valid; cards that
  /// have expired are left out. None when one of them is no card or not signed by its key.
  std::optional<Message> read(const Message& message, Held& held) const;
  /// Remembers what the card that a peer shows of itself says.
  std::optional<rpc::CardInfo> learn(PeerRef peer, const PeerId& id, const std::string& card) const;

 private:
  enum class Judged : std::uint8_t { kGood, kExpired, kBad };
  Judged intern(const std::string& card, Held& held, PeerRef& peer) const;

  rpc::PeerBook& book_;
  const PeerId me_;
  std::function<std::string()> own_;
};

}  // namespace shoal::overlay
