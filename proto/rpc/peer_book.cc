// SPDX-License-Identifier: Apache-2.0
#include "proto/rpc/peer_book.h"

#include <utility>

#include "proto/types/assert.h"
#include "proto/types/limits.h"

namespace shoal::rpc {
namespace {

// A handle is a slot and, above it, the slot's generation: a stale one is told from a fresh one.
constexpr std::uint32_t kSlotBits = 17;
constexpr std::uint32_t kSlotMask = (1U << kSlotBits) - 1;
constexpr std::uint32_t kGenerations = (1U << (32 - kSlotBits)) - 1;  // so that none is kNoPeer
static_assert(limits::kPeersKnownMax <= kSlotMask);

PeerRef ref_to(std::uint32_t slot, std::uint32_t generation) {
  return PeerRef{generation << kSlotBits | slot};
}

}  // namespace

// ---- friends -----------------------------------------------------------------------------------

void PeerBook::set_friend(const PeerId& peer, Role role) {
  const std::lock_guard lock(mutex_);
  friends_[peer] = role;
}

void PeerBook::remove_friend(const PeerId& peer) {
  const std::lock_guard lock(mutex_);
  friends_.erase(peer);
}

std::optional<Role> PeerBook::role_of(const PeerId& peer) const {
  const std::lock_guard lock(mutex_);
  const auto at = friends_.find(peer);
  if (at == friends_.end()) return std::nullopt;
  return at->second;
}

std::size_t PeerBook::friends() const {
  const std::lock_guard lock(mutex_);
  return friends_.size();
}

// ---- who may come in ---------------------------------------------------------------------------

Caller PeerBook::classify_locked(const PeerId& key) const {
  if (friends_.contains(key)) return Caller::kFriend;
  const auto admitted = query_keys_.find(key);
  const bool asked = admitted != query_keys_.end() && admitted->second.until > Clock::now();
  if (asked) return Caller::kQueryKey;
  return accept_ == Accept::kAnyone ? Caller::kGuest : Caller::kUnknown;
}

Caller PeerBook::classify(const PeerId& key) const {
  const std::lock_guard lock(mutex_);
  return classify_locked(key);
}

bool PeerBook::may_fetch(const PeerId& key) const {
  const Caller caller = classify(key);
  return caller == Caller::kFriend || caller == Caller::kQueryKey;
}

Caller PeerBook::knock(const PeerId& key) {
  std::function<void(const PeerId&)> hook;
  {
    const std::lock_guard lock(mutex_);
    const Caller caller = classify_locked(key);
    if (caller != Caller::kUnknown) return caller;
    hook = on_unknown_;
  }
  if (hook) hook(key);
  return Caller::kUnknown;
}

void PeerBook::on_unknown(std::function<void(const PeerId&)> hook) {
  const std::lock_guard lock(mutex_);
  on_unknown_ = std::move(hook);
}

void PeerBook::admit(const KeyFingerprint& fingerprint, const std::optional<PeerId>& brought_by) {
  const PeerId key{fingerprint.bytes};  // a key's fingerprint and a peer's id are the same hash
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  const auto until = now + limits::kQueryKeyTime;
  auto bringer = brought_by;
  const auto known = query_keys_.find(key);
  if (known != query_keys_.end()) {
    if (known->second.brought_by) bringer = known->second.brought_by;
    by_expiry_.erase({known->second.until, key});
    query_keys_.erase(known);
  }
  query_keys_.emplace(key, QueryKey{until, bringer});
  by_expiry_.emplace(until, key);
  while (by_expiry_.begin()->first <= now || by_expiry_.size() > limits::kQueryKeysMax) {
    query_keys_.erase(by_expiry_.begin()->second);
    by_expiry_.erase(by_expiry_.begin());
  }
}

PeerId PeerBook::payer_of(const PeerId& key) const {
  const std::lock_guard lock(mutex_);
  if (friends_.contains(key)) return key;
  const auto admitted = query_keys_.find(key);
  if (admitted == query_keys_.end()) return key;
  const auto& bringer = admitted->second.brought_by;
  return bringer && friends_.contains(*bringer) ? *bringer : key;
}

// ---- handles -----------------------------------------------------------------------------------

PeerRef PeerBook::hold(const PeerId& peer) {
  const std::lock_guard lock(mutex_);
  const auto known = slot_by_id_.find(peer);
  if (known != slot_by_id_.end()) {
    Slot& slot = slots_[known->second];
    ++slot.holds;
    return ref_to(known->second, slot.generation);
  }
  if (slot_by_id_.size() >= limits::kPeersKnownMax) return kNoPeer;
  std::uint32_t index = 0;
  if (free_slots_.empty()) {
    index = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    // The one that is free for longest, so that a generation comes round as late as can be.
    index = free_slots_.front();
    free_slots_.pop_front();
  }
  Slot& slot = slots_[index];
  slot.id = peer;
  slot.holds = 1;
  slot.generation = (slot.generation + 1) % kGenerations;
  slot_by_id_.emplace(peer, index);
  return ref_to(index, slot.generation);
}

const PeerBook::Slot* PeerBook::slot_of(PeerRef peer) const {
  const std::uint32_t index = peer.value & kSlotMask;
  if (peer == kNoPeer || index >= slots_.size()) return nullptr;
  const Slot& slot = slots_[index];
  return slot.holds > 0 && slot.generation == peer.value >> kSlotBits ? &slot : nullptr;
}

PeerBook::Slot& PeerBook::held_slot(PeerRef peer) {
  SHOAL_ASSERT(slot_of(peer) != nullptr);
  return slots_[peer.value & kSlotMask];
}

void PeerBook::retain(PeerRef peer) {
  const std::lock_guard lock(mutex_);
  ++held_slot(peer).holds;
}

void PeerBook::release(PeerRef peer) {
  const std::lock_guard lock(mutex_);
  Slot& slot = held_slot(peer);
  if (--slot.holds > 0) return;
  slot_by_id_.erase(slot.id);
  slot.card.reset();
  free_slots_.push_back(peer.value & kSlotMask);
}

std::optional<PeerId> PeerBook::id_of(PeerRef peer) const {
  const std::lock_guard lock(mutex_);
  const Slot* const slot = slot_of(peer);
  if (slot == nullptr) return std::nullopt;
  return slot->id;
}

std::optional<PeerRef> PeerBook::ref_of(const PeerId& peer) const {
  const std::lock_guard lock(mutex_);
  const auto known = slot_by_id_.find(peer);
  if (known == slot_by_id_.end()) return std::nullopt;
  return ref_to(known->second, slots_[known->second].generation);
}

// ---- cards -------------------------------------------------------------------------------------

void PeerBook::learn(PeerRef peer, KnownCard card) {
  const std::lock_guard lock(mutex_);
  Slot& slot = held_slot(peer);
  if (slot.card != nullptr && slot.card->sequence > card.sequence) return;
  slot.card = std::make_shared<const KnownCard>(std::move(card));
}

std::shared_ptr<const KnownCard> PeerBook::card_of(PeerRef peer) const {
  const std::lock_guard lock(mutex_);
  const Slot* const slot = slot_of(peer);
  return slot == nullptr ? nullptr : slot->card;
}

}  // namespace shoal::rpc
