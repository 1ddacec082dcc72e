// SPDX-License-Identifier: Apache-2.0
// A few thousand peers that are worked through together. Internal to this folder.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "proto/types/message.h"
#include "sim/engine/observer.h"
#include "sim/engine/parcel.h"
#include "sim/engine/slot.h"

namespace shoal::sim {

/// A lookup that takes time.
struct OpenLookup {
  LookupToken token;
  PayloadRef query;
  std::uint32_t limit = 0;
};

/// Parcels and self events of some peers, by the slot of time in which they happen.
///
/// Slots of time are as long as the engine's window and numbered from 0. A ring holds the parcels
/// of the next 64; later ones wait in one list until the ring has come round to them.
class Calendar {
 public:
  static constexpr std::uint64_t kRing = 64;
  static constexpr std::uint64_t kNever = UINT64_MAX;

  /// Requires that `slot` is not in the past of any slot taken out.
  void add(ChunkPool& pool, std::uint64_t slot, const Parcel& parcel) {
    if (slot - base_ >= kRing) return add_far(pool, slot, parcel);
    ring_[slot - base_].append(pool, parcel);
    filled_ |= std::uint64_t{1} << (slot - base_);
  }
  /// The first slot that has parcels, or kNever.
  [[nodiscard]] std::uint64_t next() const {
    return filled_ != 0 ? base_ + static_cast<std::uint64_t>(std::countr_zero(filled_)) : far_next_;
  }
  /// Takes out all parcels of `slot`, which is next() or earlier.
  ParcelList take(ChunkPool& pool, std::uint64_t slot, std::int64_t slot_us);
  /// Throws all away.
  void clear(ChunkPool& pool);

 private:
  void add_far(ChunkPool& pool, std::uint64_t slot, const Parcel& parcel);
  void turn(ChunkPool& pool, std::uint64_t slot, std::int64_t slot_us);

  std::array<ParcelList, kRing> ring_;
  std::uint64_t base_ = 0;
  std::uint64_t filled_ = 0;  // bit i: ring_[i] is not empty
  ParcelList far_;
  std::uint64_t far_next_ = kNever;
};

/// The peers of one shard and all that is theirs. Nothing here locks: in a window one thread works
/// on a shard, between windows the engine's owner does.
class Shard {
 public:
  Shard(std::uint32_t first_peer, std::uint32_t peers_max, std::uint64_t seed);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  // ---- peers and ends ------------------------------------------------------------------------
  [[nodiscard]] std::uint32_t first_peer() const { return first_peer_; }
  [[nodiscard]] std::uint32_t size() const { return size_; }
  void add_peer();
  Slot& slot(std::uint32_t peer) { return slots_[peer - first_peer_]; }
  [[nodiscard]] const Slot& slot(std::uint32_t peer) const { return slots_[peer - first_peer_]; }
  LinkEnd& end(std::uint32_t index) { return ends_[index]; }
  /// Has the processor fetch what a delivery will need; in three steps, each of which reads what
  /// the one before fetched.
  void warm(unsigned step, const Parcel& parcel) const {
    const Slot& slot = slots_[parcel.to - first_peer_];
    if (step == 0) {
      __builtin_prefetch(&slot);
      __builtin_prefetch(reinterpret_cast<const char*>(&slot) + 64);
      __builtin_prefetch(&ends_[parcel.end]);
    } else if (slot.alive) {
      slot.node.warm(step - 1);
    }
  }
  [[nodiscard]] std::span<LinkEnd> ends_of(const Slot& slot) {
    return std::span(ends_).subspan(slot.first_end, slot.ends);
  }
  /// The index of `slot`'s end of its link to `other`, or kNowhere; `hint` is looked at first.
  [[nodiscard]] std::uint32_t find_end(const Slot& slot, std::uint32_t other,
                                       std::uint32_t hint) const;
  /// One more end, not up; its index. Moves the others of `slot` if there is no room: `moved(from,
  /// to)` tells of each that got another index.
  template <class Moved>
  std::uint32_t add_end(Slot& slot, const LinkEnd& end, Moved moved);
  /// Room for all ends of the shard, at once.
  void reserve_ends(std::uint32_t count) { ends_.resize(count); }
  /// Null where delays never vary.
  Wobble* wobble(std::uint32_t end) { return wobbles_.empty() ? nullptr : &wobbles_[end]; }
  void make_wobbles() { wobbles_.resize(ends_.size()); }

  // ---- timers and lookups --------------------------------------------------------------------
  void arm(Slot& slot, std::uint32_t peer, std::uint8_t timer, std::int64_t at);
  /// Whether `timer` is armed for exactly `at`; if so it no longer is.
  bool fire(Slot& slot, std::uint32_t peer, std::uint8_t timer, std::int64_t at);
  void forget_timers(Slot& slot, std::uint32_t peer);
  std::uint32_t open_lookup(OpenLookup lookup);
  OpenLookup close_lookup(std::uint32_t index);
  void push_self(const SelfEvent& event);
  /// INT64_MAX when there is none.
  [[nodiscard]] std::int64_t next_self() const {
    return self_events_.empty() ? INT64_MAX : self_events_.front().at;
  }
  SelfEvent pop_self();
  /// Gives back what is not in use.
  void shrink();

  // ---- what waits ----------------------------------------------------------------------------
  std::deque<Message>& waiting(std::uint32_t from, std::uint32_t to) {
    return waiting_[{from, to}];
  }
  std::deque<Message> take_waiting(std::uint32_t from, std::uint32_t to);

  Calendar calendar;
  Observer* observer = nullptr;

 private:
  using Pair = std::pair<std::uint32_t, std::uint32_t>;

  std::uint32_t first_peer_;
  std::uint32_t size_ = 0;
  std::uint64_t seed_;
  std::unique_ptr<std::byte[]> room_;
  Slot* slots_ = nullptr;
  std::vector<LinkEnd> ends_;
  std::vector<Wobble> wobbles_;
  std::vector<SelfEvent> self_events_;  // a heap
  std::vector<OpenLookup> lookups_;
  std::vector<std::uint32_t> free_lookups_;
  std::map<std::pair<std::uint32_t, std::uint8_t>, std::int64_t> more_timers_;
  std::map<Pair, std::deque<Message>> waiting_;  // by sender and receiver
};

template <class Moved>
std::uint32_t Shard::add_end(Slot& slot, const LinkEnd& end, Moved moved) {
  if (slot.ends == slot.room()) {
    const auto first = static_cast<std::uint32_t>(ends_.size());
    slot.tight = false;
    const std::uint32_t room = std::max(4U, std::bit_ceil(slot.ends + 1));
    ends_.resize(first + room);
    if (!wobbles_.empty()) wobbles_.resize(ends_.size());
    for (std::uint32_t i = 0; i < slot.ends; ++i) {
      ends_[first + i] = ends_[slot.first_end + i];
      if (!wobbles_.empty()) wobbles_[first + i] = wobbles_[slot.first_end + i];
      moved(slot.first_end + i, first + i);
    }
    slot.first_end = first;
  }
  const std::uint32_t index = slot.first_end + slot.ends++;
  ends_[index] = end;
  return index;
}

}  // namespace shoal::sim
