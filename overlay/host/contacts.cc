// SPDX-License-Identifier: Apache-2.0
#include "overlay/host/contacts.h"

#include <chrono>
#include <utility>

#include "proto/types/limits_links.h"

namespace shoal::overlay {
namespace {

std::int64_t unix_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// Still valid when it arrives.
bool lasts(const rpc::KnownCard& card) {
  const auto validity = limits::kCardValidity - limits::kCardMargin;
  return !card.sealed.empty() &&
         unix_now() - card.issued_unix < std::chrono::seconds(validity).count();
}

rpc::KnownCard known(const rpc::CardInfo& info, const std::string& sealed) {
  return {info.endpoints, sealed, info.sequence, info.issued_unix};
}

}  // namespace

void Contacts::write(const Message& message) const {
  const auto* const body = message.body.as<OpaqueBody>();
  if (body == nullptr || body->contacts.empty() || !body->cards.empty()) return;
  std::size_t bytes = 0;
  for (const Contact& contact : body->contacts) {
    std::string sealed;
    if (book_.id_of(contact.peer) == me_) {
      sealed = own_();
    } else {
      const auto card = book_.card_of(contact.peer);
      if (card == nullptr || !lasts(*card)) continue;
      sealed = card->sealed;
    }
    bytes += sealed.size();
    if (bytes > limits::kContactsBytes || body->cards.size() == limits::kContactsMax) break;
    body->cards.push_back(std::move(sealed));
  }
}

std::optional<Message> Contacts::read(const Message& message, Held& held) const {
  const auto* const body = message.body.as<OpaqueBody>();
  if (body == nullptr || body->cards.empty()) return message;
  auto named = std::make_unique<OpaqueBody>();
  named->bytes = body->bytes;
  for (const std::string& card : body->cards) {
    PeerRef peer = kNoPeer;
    const Judged judged = intern(card, held, peer);
    if (judged == Judged::kBad) return std::nullopt;
    if (judged == Judged::kExpired) continue;
    named->contacts.push_back(Contact{peer});
    named->cards.push_back(card);
  }
  Message read = message;
  read.body = PayloadRef(std::move(named));
  return read;
}

Contacts::Judged Contacts::intern(const std::string& card, Held& held, PeerRef& peer) const {
  const auto claimed = rpc::claimed_owner(card);
  if (!claimed) return Judged::kBad;
  if (const auto ref = book_.ref_of(*claimed)) {
    const auto old = book_.card_of(*ref);
    if (old != nullptr && old->sealed == card) {
      if (!lasts(*old)) return Judged::kExpired;
      held.add(*ref);
      peer = *ref;
      return Judged::kGood;
    }
  }
  const auto info = rpc::open_card(card, unix_now());
  if (!info) return info.error().code == Errc::kTimeout ? Judged::kExpired : Judged::kBad;
  peer = held.add(info->id);
  if (peer == kNoPeer) return Judged::kExpired;  // the book is full: as if nobody had named it
  book_.learn(peer, known(*info, card));
  return Judged::kGood;
}

std::optional<rpc::CardInfo> Contacts::learn(PeerRef peer, const PeerId& id,
                                             const std::string& card) const {
  auto info = rpc::open_card(card, unix_now());
  if (!info || info->id != id) return std::nullopt;
  book_.learn(peer, known(*info, card));
  return std::move(*info);
}

}  // namespace shoal::overlay
