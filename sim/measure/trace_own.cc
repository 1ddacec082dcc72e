// SPDX-License-Identifier: Apache-2.0
// Trace: searches by messages of an overlay's own. Copies of a query in them, walkers among these,
// and requests of an origin that asks directly.
#include <algorithm>

#include "sim/measure/trace.h"

namespace shoal::sim {

bool Trace::is_own(PeerRef from, const Message& message) const {
  const auto kind = static_cast<std::uint8_t>(message.kind);
  if (message.overlay != via_.id || kind < kFirstOwnMessageKind) return false;
  if (query_ && message.query != *query_) return false;
  return carries_query(message.kind) || (via_.asks_directly && from.value == origin_);
}

TracedCopy& Trace::add_own(Instant now, PeerRef from, PeerRef to, const Message& message,
                           CopyFate fate) {
  const auto number = static_cast<std::uint32_t>(copies_.size());
  TracedCopy copy;
  copy.from = from.value;
  copy.to = to.value;
  copy.at = now;
  copy.ttl = message.ttl;
  copy.fate = fate;
  const auto parent_in = [&copy](const auto& numbers, std::uint32_t key) {
    const auto found = numbers.find(key);
    if (found != numbers.end()) copy.parent = found->second;
  };
  const auto walker = via_.walker_in == nullptr ? std::nullopt : via_.walker_in(message);
  if (!carries_query(message.kind)) {
    parent_in(asked_for_, copy.to);
    requests_[copy.to] = number;
  } else if (walker) {
    copy.walker = walker->number;
    parent_in(walkers_, walker->number);
    walkers_[walker->number] = number;
  } else {
    parent_in(first_, copy.from);
  }
  TracedCopy& parent = copies_[copy.parent];
  copy.hop = parent.hop + 1;
  ++parent.sent_on;
  if (walker && parent.fate == CopyFate::kDuplicate) parent.fate = CopyFate::kPassed;
  const auto before = first_.find(copy.to);
  if (before != first_.end()) copy.first = before->second;
  copies_.push_back(copy);
  return copies_.back();
}

// Whoever looks among its files was asked, whatever the overlay's rules are.
void Trace::on_own(Instant now, PeerRef from, PeerRef to, const Message& message, Verdict verdict,
                   const overlay::Effects& out) {
  const bool looks = std::ranges::any_of(
      out.lookups, [&](const overlay::Lookup& lookup) { return lookup.id == message.query; });
  CopyFate fate = first_.contains(to.value) ? CopyFate::kDuplicate : CopyFate::kRefused;
  if (verdict == Verdict::kReject) {
    fate = CopyFate::kRejected;
  } else if (!carries_query(message.kind)) {
    fate = CopyFate::kConsulted;
  } else if (looks) {
    fate = CopyFate::kAsked;
  }
  const auto number = static_cast<std::uint32_t>(copies_.size());
  add_own(now, from, to, message, fate);
  if (fate == CopyFate::kAsked) first_[to.value] = number;
}

// The news of a walker's end, and what the origin is told when it asks directly: of those whom it
// asks in the same breath, each was named by the first answer that did.
void Trace::on_own_answer(Instant now, PeerRef from, PeerRef to, const Message& message,
                          const overlay::Effects& out) {
  if (message.overlay != via_.id || (query_ && message.query != *query_)) return;
  const bool own = static_cast<std::uint8_t>(message.kind) >= kFirstOwnMessageKind;
  const auto walker = own && via_.walker_in != nullptr ? via_.walker_in(message) : std::nullopt;
  if (walker && walkers_.contains(walker->number)) {
    copies_[walkers_.at(walker->number)].ended = walker->ended;
  }
  if (!via_.asks_directly || to.value != origin_) return;
  const auto request = requests_.find(from.value);
  if (own && request != requests_.end()) {
    TracedCopy& copy = copies_[request->second];
    const auto& contacts = message.body.ref<OpaqueBody>().contacts;
    copy.answered = now;
    copy.named = static_cast<std::uint32_t>(contacts.size());
    for (const Contact& contact : contacts) named_.try_emplace(contact.peer.value, request->second);
  }
  for (const overlay::Send& send : out.sends) {
    const auto named = named_.find(send.to.value);
    if (named != named_.end()) asked_for_.try_emplace(send.to.value, named->second);
  }
}

}  // namespace shoal::sim
