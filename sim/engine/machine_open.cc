// SPDX-License-Identifier: Apache-2.0
// Machine: open networks: messages without links, links that peers make and end, lists of shares.
#include <algorithm>
#include <utility>

#include "proto/types/assert.h"
#include "sim/engine/machine_calls.h"
#include "sim/network/wire_size.h"

namespace shoal::sim {

void Machine::carry_out_open(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer) {
  overlay::Effects& out = lane.effects;
  for (const overlay::ListShares& list : out.share_lists) {
    if (options_.lookup != Duration{} || options_.lookup_jitter != Duration{}) {
      post_lookup(lane, shard, slot, peer, {list.token, {}, list.limit, list.after});
      continue;
    }
    Call call;
    call.kind = Call::Kind::kShares;
    call.peer = peer;
    call.limit = list.limit;
    call.token = list.token;
    call.after = list.after;
    lane.calls.push_back(std::move(call));
  }
  for (const overlay::Dial& wish : out.dials) dial(lane, slot, peer, wish.peer);
  for (const overlay::Hangup& wish : out.hangups) {
    const std::uint32_t end = shard.find_end(slot, wish.peer.value, kNowhere);
    if (end != kNowhere) hang_up(lane, shard, slot, peer, end);
  }
}

void Machine::tell_shares(Lane& lane, Slot& slot, overlay::Env& env, std::uint32_t peer,
                          const OpenLookup& list) {
  lane.shares.clear();
  const Content* const content = options_.content;
  const bool more =
      content != nullptr && content->list(PeerRef{peer}, list.after, list.limit, lane.shares);
  slot.node.on_shares(env, list.token, lane.shares, more, lane.effects);
}

// ---- messages without a link -------------------------------------------------------------------

// Read while other shards are worked on: nothing of it changes within a window.
bool Machine::reaches(std::uint32_t from, std::uint32_t to) const {
  if (to >= peers_ || to == from) return false;
  return whereabouts_[to].alive && whereabouts_[to].side == whereabouts_[from].side;
}

void Machine::note(std::uint32_t peer) {
  const Slot& slot = slot_of(peer);
  whereabouts_[peer].alive = slot.alive;
  whereabouts_[peer].incarnation = static_cast<std::uint16_t>(slot.incarnation);
}

void Machine::visit(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer, overlay::Send& send) {
  const std::uint32_t to = send.to.value;
  Visits& visits = shard.visits(peer);
  if (!reaches(peer, to) || (whereabouts_[to].hidden && !visits.knows(send.to, lane.now))) {
    visits.close(send.to);
    const std::int64_t at = lane.now + std::max(options_.open.dial_fails, options_.floor).count();
    const std::uint32_t kept_as = shard.keep_return({send.to, std::move(send.message)});
    return post_own(lane, shard, slot, peer, at, {Parcel::kReturn, 0, kept_as});
  }
  const Visits::Way way = visits.leave(send.to, lane.now, [&] {
    const LinkTimes times = options_.open.law.link(options_.seed, PeerRef{peer}, send.to);
    const std::int64_t there = std::max(times.there, options_.floor).count();
    return Visits::Times{there, there + std::max(times.back, options_.floor).count()};
  });
  std::int64_t at = way.leaves;
  if (Line* const line = shard.line(peer)) {
    const std::uint32_t bytes = wire_size(send.message);
    const Instant left = line->uplink.leave(Instant(Duration(at)), bytes, line->speed);
    const Line* const far = shard_of(to).line(to);
    const Duration down = far == nullptr ? Duration{} : sending_time(bytes, far->speed.down);
    at = (left + down).time_since_epoch().count();
  }
  at += way.there;
  if (options_.open.law.jitter > Duration{}) {
    const auto most = static_cast<std::uint64_t>(options_.open.law.jitter.count());
    at += static_cast<std::int64_t>(slot.secrets.fork(slot.events).below(most + 1));
  }
  const std::uint32_t incarnation = whereabouts_[to].incarnation;
  post(lane, slot, peer, to, at, [&](Parcel& parcel) {
    parcel.fill(std::move(send.message));
    parcel.when = static_cast<std::uint64_t>(at) << 16 | incarnation;
    parcel.end = Parcel::kVisit | peer;
    parcel.to = to;
  });
}

void Machine::receive_visit(Lane& lane, Shard& shard, const Parcel& parcel) {
  const PeerRef from{parcel.visitor()};
  const PeerRef to{parcel.to};
  const Slot& slot = shard.slot(parcel.to);
  const Message message = parcel.open();
  const bool same = (slot.incarnation & 0xffffU) == parcel.incarnation();
  if (slot.alive && same && whereabouts_[to.value].side == whereabouts_[from.value].side) {
    shard.visits(parcel.to).hear(from, lane.now);
    hand_over(lane, shard, from, to, message, 0);
  } else if (shard.observer != nullptr) {
    shard.observer->on_lost(Instant(Duration(lane.now)), from, to, message);
  }
}

void Machine::happen_return(Lane& lane, Shard& shard, const Parcel& parcel) {
  Return back = shard.take_return(static_cast<std::uint32_t>(parcel.query.low));
  const Slot& slot = shard.slot(parcel.to);
  if (!slot.alive || slot.incarnation != parcel.budget_ms) return;
  give_back(lane, shard, parcel.to, back.to, std::move(back.message));
}

// ---- links that peers make and end -------------------------------------------------------------

void Machine::dial(Lane& lane, Slot& slot, std::uint32_t peer, PeerRef to) {
  ++slot.events;
  OpenDial dial;
  dial.number = dial_number(peer, slot.events);
  dial.from = peer;
  dial.to = to.value;
  dial.incarnation = slot.incarnation;
  dial.fails = !reaches(peer, to.value) || whereabouts_[to.value].hidden;
  Duration takes = options_.open.dial_fails;
  if (!dial.fails) {
    const LinkTimes times = options_.open.law.link(options_.seed, PeerRef{peer}, to);
    takes = 2 * (std::max(times.there, options_.floor) + std::max(times.back, options_.floor));
  }
  // Where a slot of time begins: so no window is cut in two.
  const std::int64_t floor = options_.floor.count();
  const std::int64_t at = lane.now + std::max(takes, options_.floor).count();
  dial.at = (at + floor - 1) / floor * floor;
  lane.dials.push_back(dial);
  if (lane.window_end == INT64_MIN) note_dials(lane);
}

/// Hands a lane's dials over to the world. They are ordered by their numbers, so it does not matter
/// when.
void Machine::note_dials(Lane& lane) {
  for (const OpenDial& dial : lane.dials) {
    actions_.push_back({dial.at, dial.number, [this, dial] { complete(dial); }});
    std::ranges::push_heap(actions_, std::greater<>{});
  }
  lane.dials.clear();
}

void Machine::complete(const OpenDial& dial) {
  const Slot& slot = slot_of(dial.from);
  if (!slot.alive || slot.incarnation != dial.incarnation) return;
  const PeerRef from{dial.from};
  const PeerRef to{dial.to};
  const LinkEnd* const known = find_end(from, to);
  if (known != nullptr && known->up && find_end(to, from)->up) return;
  if (dial.fails || !reaches(dial.from, dial.to) ||
      slot_of(dial.to).node.links().all().size() >= limits::kLinksMax) {
    if (known == nullptr || !known->believed) refuse(from, to);
    return;
  }
  if (known == nullptr) {
    const auto [low, high] = std::minmax(dial.from, dial.to);
    const LinkTimes times = options_.open.law.link(options_.seed, PeerRef{low}, PeerRef{high});
    join(low, high, {times.there, times.back, options_.open.law.jitter},
         {Role::kAccepted, Role::kAccepted});
  }
  bring_up(from, to);
}

/// An end ends its link in peace: at once on this side, and behind all that it sent on the other.
void Machine::hang_up(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer,
                      std::uint32_t index) {
  LinkEnd& end = shard.end(index);
  if (end.up == 0) return;
  end.up = 0;
  std::int64_t at = lane.now + end.delay_us;
  if (const Wobble* const wobble = shard.wobble(index)) at = std::max(at, wobble->last_arrival);
  post_notice(lane, slot, peer, end, at);
  learn_down(lane, peer, end);
}

}  // namespace shoal::sim
