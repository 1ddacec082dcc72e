// SPDX-License-Identifier: Apache-2.0
// A few thousand peers that are worked through together. Internal to this folder.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "proto/types/bodies.h"
#include "proto/types/message.h"
#include "sim/engine/calendar.h"
#include "sim/engine/clock.h"
#include "sim/engine/content.h"
#include "sim/engine/observer.h"
#include "sim/engine/parcel.h"
#include "sim/engine/slot.h"
#include "sim/engine/visits.h"
#include "sim/network/bandwidth.h"

namespace shoal::sim {

/// A lookup that takes time, or a list of shares: then there is no query.
struct OpenLookup {
  LookupToken token;
  PayloadRef query;
  std::uint32_t limit = 0;
  ContentId after;
};

/// A message that will be given back.
struct Return {
  PeerRef to;
  Message message;
};

/// Keeps things under numbers for a while.
template <class T>
class Cloakroom {
 public:
  std::uint32_t put(T thing) {
    if (free_.empty()) {
      things_.push_back(std::move(thing));
      return static_cast<std::uint32_t>(things_.size() - 1);
    }
    const std::uint32_t number = free_.back();
    free_.pop_back();
    things_[number] = std::move(thing);
    return number;
  }
  T take(std::uint32_t number) {
    free_.push_back(number);
    return std::exchange(things_[number], {});
  }
  /// Gives back memory when nothing is kept.
  void shrink() {
    if (free_.size() < things_.size()) return;
    std::vector<T>().swap(things_);  // `= {}` would assign no elements and keep the room
    std::vector<std::uint32_t>().swap(free_);
  }

 private:
  std::vector<T> things_;
  std::vector<std::uint32_t> free_;
};

/// What a link that is gone had spent of its query budget, and when it went by its peer's clock.
struct Spent {
  std::uint32_t queries = 0;
  std::int64_t at = 0;
};

/// A peer's line, where lines are not as fast as may be.
struct Line {
  Bandwidth speed;
  Uplink uplink;
};

/// The peers of one shard and all that is theirs. Nothing here locks: in a window one thread works
/// on a shard, between windows the engine's owner does.
class Shard {
 public:
  /// `room` is memory for the slots of all its peers, aligned, and outlives the shard.
  Shard(std::uint32_t first_peer, std::byte* room, std::uint64_t seed);
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
  /// Has the processor fetch what a delivery will need; in four steps, each of which reads what the
  /// one before fetched.
  template <unsigned Step>
  [[gnu::always_inline]] void warm(const Parcel& parcel) const {
    const Slot& slot = slots_[parcel.to - first_peer_];
    if constexpr (Step == 0) {
      __builtin_prefetch(&slot);
      if (!parcel.linked()) {
        __builtin_prefetch(reinterpret_cast<const char*>(&slot) + 64);
        if (!parcel.own()) __builtin_prefetch(parcel.body);
        if (!visits_.empty()) __builtin_prefetch(&visits_[parcel.to - first_peer_]);
      }
    } else {
      if (!parcel.linked()) return warm_visit<Step>(slot, parcel);
      if (Step == 1) __builtin_prefetch(ends_ + slot.first_end + parcel.end);
      if (parcel.kind > static_cast<std::uint8_t>(MessageKind::kQuery)) warm_body<Step>(parcel);
      if (!slot.alive) return;
      const auto kind = static_cast<MessageKind>(parcel.kind);
      const bool passed_on = slot.node.warm_message(Step - 1, parcel.end, kind, parcel.query);
      if (passed_on) warm_all(slot);
    }
  }
  [[nodiscard]] std::span<LinkEnd> ends_of(const Slot& slot) {
    return {ends_ + slot.first_end, slot.ends};
  }
  /// The end at which `parcel` arrives. Requires parcel.linked().
  LinkEnd& end_of(const Parcel& parcel) { return end(slot(parcel.to).first_end + parcel.end); }
  /// The index of `slot`'s end of its link to `other`, or kNowhere; `hint`, a place in its row, and
  /// the one behind it are looked at first.
  [[nodiscard]] std::uint32_t find_end(const Slot& slot, std::uint32_t other,
                                       std::uint32_t hint) const {
    const LinkEnd* const row = ends_ + slot.first_end;
    if (hint < slot.ends && row[hint].to == other) return slot.first_end + hint;
    if (hint + 1 < slot.ends && row[hint + 1].to == other) return slot.first_end + hint + 1;
    return look_for_end(slot, other);
  }
  /// One more end at the end of `slot`'s row; its index. Other indices of that slot may change.
  std::uint32_t add_end(Slot& slot, const LinkEnd& end);
  /// The first ends of the shard, all at once; `room` is memory for so many, which outlives it.
  void take_ends(std::byte* room, std::uint32_t count);
  /// Null where delays never vary.
  Wobble* wobble(std::uint32_t end) { return wobbles_.empty() ? nullptr : &wobbles_[end]; }
  void make_wobbles() { wobbles_.resize(end_count_); }
  /// Null where all lines are as fast as may be; else there are wobbles too.
  Line* line(std::uint32_t peer) { return lines_.empty() ? nullptr : &lines_[peer - first_peer_]; }
  void make_lines(std::uint32_t peers) { lines_.resize(peers); }

  // ---- clocks --------------------------------------------------------------------------------
  /// What `peer` takes for the time at the true time `now`.
  [[nodiscard]] std::int64_t own_time(std::uint32_t peer, std::int64_t now) const {
    return clocks_.empty() ? now : clocks_[peer - first_peer_].own(now);
  }
  /// The true time, `now` or later, at which `peer` takes it for `own` or later.
  [[nodiscard]] std::int64_t true_time(std::uint32_t peer, std::int64_t own,
                                       std::int64_t now) const {
    if (clocks_.empty()) return std::max(own, now);
    return std::max(clocks_[peer - first_peer_].due(own), now);
  }
  /// The clock of `peer`, to be changed; from now on every peer of the shard has one.
  Clock& clock(std::uint32_t peer);

  // ---- timers and lookups --------------------------------------------------------------------
  /// For `at` by the peer's own clock.
  void arm(Slot& slot, std::uint32_t peer, std::uint8_t timer, std::int64_t at);
  /// Whether `timer` is armed for `at`, by the peer's own clock, or before; if so it no longer is.
  bool fire(Slot& slot, std::uint32_t peer, std::uint8_t timer, std::int64_t at);
  void forget_timers(Slot& slot, std::uint32_t peer);
  /// All that are armed, ascending, and when by the peer's own clock.
  [[nodiscard]] std::vector<std::pair<std::uint8_t, std::int64_t>> armed(const Slot& slot,
                                                                         std::uint32_t peer) const;
  std::uint32_t open_lookup(OpenLookup lookup) { return lookups_.put(std::move(lookup)); }
  OpenLookup close_lookup(std::uint32_t index) { return lookups_.take(index); }
  /// Gives back what is not in use.
  void shrink();

  // ---- messages without a link ---------------------------------------------------------------
  Visits& visits(std::uint32_t peer) {
    if (visits_.size() < size_) visits_.resize(size_);
    return visits_[peer - first_peer_];
  }
  std::uint32_t keep_return(Return back) { return returns_.put(std::move(back)); }
  Return take_return(std::uint32_t index) { return returns_.take(index); }

  // ---- what waits ----------------------------------------------------------------------------
  std::deque<Message>& waiting(std::uint32_t from, std::uint32_t to) {
    return waiting_[{from, to}];
  }
  std::deque<Message> take_waiting(std::uint32_t from, std::uint32_t to);

  // ---- budgets of links that are gone --------------------------------------------------------
  /// Those that are full again by then are forgotten now and then.
  void remember_spent(std::uint32_t at, std::uint32_t of, std::uint32_t spent, std::int64_t now,
                      const overlay::NodeConfig& config);
  /// None: nothing. Forgets it.
  Spent take_spent(std::uint32_t at, std::uint32_t of);

  Calendar calendar;
  Observer* observer = nullptr;

 private:
  /// What is not shared by all, as a query's is.
  template <unsigned Step>
  static void warm_body(const Parcel& parcel) {
    if (Step == 1 || parcel.body == nullptr) return;
    if (Step == 2) {
      __builtin_prefetch(parcel.body);
      __builtin_prefetch(reinterpret_cast<const char*>(parcel.body) + 64);
    } else if (parcel.body->kind() == EchoBody::kKind) {
      const auto& echo = static_cast<const EchoBody&>(*parcel.body);
      __builtin_prefetch(echo.counts.peers_by_hop.data());
    }
  }
  /// What a message needs that is passed on to all neighbours.
  void warm_all(const Slot& slot) const {
    __builtin_prefetch(reinterpret_cast<const char*>(&slot) + 64);
    __builtin_prefetch(ends_ + slot.first_end);
    __builtin_prefetch(ends_ + slot.first_end + 5);
    __builtin_prefetch(ends_ + slot.first_end + 10);
  }
  template <unsigned Step>
  void warm_visit(const Slot& slot, const Parcel& parcel) const {
    if (!slot.alive) return;
    if (parcel.own()) {
      const bool put_off = slot.armed == parcel.overlay && slot.armed_at > parcel.at();
      return put_off ? void() : slot.node.warm_timer(Step - 1);
    }
    const PeerRef from{parcel.visitor()};
    if (Step == 1 && parcel.to - first_peer_ < visits_.size()) {
      visits_[parcel.to - first_peer_].warm(from);
    }
    if (parcel.body == nullptr || parcel.body->kind() != OpaqueBody::kKind) return;
    const auto& body = static_cast<const OpaqueBody&>(*parcel.body);
    if (Step == 1) {
      __builtin_prefetch(ends_ + slot.first_end);
      __builtin_prefetch(body.bytes.data());
      __builtin_prefetch(body.contacts.data());
    }
    slot.node.warm_visit(Step - 1, {simulated_id_prefix(from), body});
  }
  void grow_ends(std::uint32_t count);
  [[nodiscard]] std::uint32_t look_for_end(const Slot& slot, std::uint32_t other) const;

  using Pair = std::pair<std::uint32_t, std::uint32_t>;

  std::uint32_t first_peer_;
  std::uint32_t size_ = 0;
  std::uint64_t seed_;
  Slot* slots_;
  LinkEnd* ends_ = nullptr;  // in the room that was given, or, since there are more, in own_ends_
  std::uint32_t end_count_ = 0;
  std::vector<LinkEnd> own_ends_;
  std::vector<Wobble> wobbles_;
  std::vector<Line> lines_;
  std::vector<Clock> clocks_;  // of all peers, or none: then all are right
  Cloakroom<OpenLookup> lookups_;
  Cloakroom<Return> returns_;
  std::vector<Visits> visits_;  // of all peers, or none
  std::map<std::pair<std::uint32_t, std::uint8_t>, std::int64_t> more_timers_;
  std::map<Pair, std::deque<Message>> waiting_;  // by sender and receiver
  std::map<Pair, Spent> spent_;                  // by the end that counted, and the other
  std::size_t clean_at_ = 256;                   // when spent_ has so many
};

}  // namespace shoal::sim
