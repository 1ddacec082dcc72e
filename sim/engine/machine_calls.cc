// SPDX-License-Identifier: Apache-2.0
// Machine: calls to nodes, and what becomes of their effects.
#include "sim/engine/machine_calls.h"

#include <algorithm>
#include <utility>

#include "proto/types/assert.h"
#include "proto/types/limits.h"
#include "sim/engine/digest.h"
#include "sim/engine/faults.h"

namespace shoal::sim {
namespace {

std::int64_t us(Instant at) { return at.time_since_epoch().count(); }
Instant instant(std::int64_t at) { return Instant(Duration(at)); }

}  // namespace

// ---- calls -------------------------------------------------------------------------------------

/// Calls are never nested: one that a call's effects cause waits until these are carried out.
void Machine::call_soon(Lane& lane, Call call) {
  lane.calls.push_back(std::move(call));
  if (lane.driving) return;
  lane.driving = true;
  make_waiting_calls(lane);
  lane.driving = false;
}

void Machine::make_waiting_calls(Lane& lane) {
  while (lane.next_call < lane.calls.size()) {
    const Call call = std::move(lane.calls[lane.next_call++]);
    Shard& shard = shard_of(call.peer);
    Slot& slot = shard.slot(call.peer);
    if (slot.alive) make_call(lane, shard, slot, call);
  }
  lane.calls.clear();
  lane.next_call = 0;
}

void Machine::answer_lookup(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer) {
  const PayloadRef query = std::move(lane.asked_for);
  SlotSource source(slot, peer);
  overlay::Env env{instant(shard.own_time(peer, lane.now)), slot.choices, source};
  const std::uint32_t excess = find_hits(lane, peer, query, lane.asked_limit);
  slot.node.on_matches(env, lane.asked, lane.hits, excess, lane.effects);
  carry_out(lane, shard, slot, peer);
}

void Machine::make_call(Lane& lane, Shard& shard, Slot& slot, const Call& call) {
  SlotSource source(slot, call.peer);
  overlay::Env env{instant(shard.own_time(call.peer, lane.now)), slot.choices, source};
  switch (call.kind) {
    case Call::Kind::kDropped:
      slot.node.on_dropped(env, call.other, call.message, lane.effects);
      break;
    case Call::Kind::kLinkDown:
      slot.node.on_link_down(env, call.other, overlay::LinkDownReason::kGone, lane.effects);
      break;
    case Call::Kind::kShares:
      tell_shares(lane, slot, env, call.peer, OpenLookup{call.token, {}, call.limit, call.after});
      break;
    case Call::Kind::kLookup: {
      const std::uint32_t excess = find_hits(lane, call.peer, call.message.body, call.limit);
      slot.node.on_matches(env, call.token, lane.hits, excess, lane.effects);
      break;
    }
  }
  carry_out(lane, shard, slot, call.peer);
  if (lane.timer_moved) post_armed(lane, shard, slot, call.peer, Posting::kEarly);
}

std::uint32_t Machine::find_hits(Lane& lane, std::uint32_t peer, const PayloadRef& query,
                                 std::uint32_t limit) const {
  lane.hits.clear();
  if (options_.content == nullptr) return 0;
  const std::size_t excess =
      options_.content->find(PeerRef{peer}, query.ref<QueryBody>(), limit, lane.hits);
  return static_cast<std::uint32_t>(std::min<std::size_t>(excess, UINT32_MAX));
}

// ---- effects -----------------------------------------------------------------------------------

void Machine::carry_out(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer) {
  overlay::Effects& out = lane.effects;
  if (!out.sends.empty()) send_all(lane, shard, slot, peer);
  for (const overlay::ArmTimer& timer : out.timers) arm(lane, shard, slot, peer, timer);
  carry_out_rare(lane, shard, slot, peer);
  out.clear();
}

void Machine::carry_out_rare(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer) {
  overlay::Effects& out = lane.effects;
  for (overlay::Lookup& lookup : out.lookups) look_up(lane, shard, slot, peer, lookup);
  if (shard.observer != nullptr) {
    const Instant now = instant(lane.now);
    for (const overlay::Found& found : out.hits)
      shard.observer->on_found(now, PeerRef{peer}, found);
    for (const overlay::Finished& end : out.finished) {
      shard.observer->on_finished(now, PeerRef{peer}, end);
    }
    for (const overlay::LinkWanted& link : out.links_wanted) {
      shard.observer->on_link_wanted(now, PeerRef{peer}, link);
    }
  }
  for (const overlay::LinkCut& wish : out.cuts) {
    const std::uint32_t end = shard.find_end(slot, wish.peer.value, kNowhere);
    if (end != kNowhere) cut(lane, shard, slot, peer, end);
    if (options_.node.open) shard.visits(peer).close(wish.peer);
  }
  if (!out.share_lists.empty() || !out.dials.empty() || !out.hangups.empty()) {
    carry_out_open(lane, shard, slot, peer);
  }
}

void Machine::arm(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer,
                  const overlay::ArmTimer& timer) {
  shard.arm(slot, peer, timer.slot.value, us(timer.at));
  // Where lookups take no time there are no answers that could be due at the same moment.
  const bool may_wait = options_.order == Order::kGrouped && lookups_at_once();
  if (may_wait && slot.armed == timer.slot.value) {
    ++slot.events;
    lane.timer_moved = true;
    lane.last_armed = std::max(lane.last_armed, shard.true_time(peer, us(timer.at), lane.now));
  } else {
    post_timer(lane, shard, slot, peer, timer.slot.value, us(timer.at));
  }
}

/// When a parcel should come for a timer that is due at `at`, which is before all that were posted.
/// Queries that come by longer ways move it forward, a little and again and again, and most are
/// answered long before it is due; what comes a while before will do for them all. What forgets
/// queries is not moved forward.
std::int64_t Machine::post_early(Slot& slot, std::int64_t at, std::int64_t now) const {
  const std::int64_t left = at - now;
  const bool soon = left < std::max(std::int64_t{64} << Slot::kSoonerBits, 64 * floor_us_);
  if (slot.posted_at == Slot::kNotPosted) {
    const bool forgets = left >= limits::remember_query_for(options_.node.ttl_limit).count();
    return slot.posted_at = soon || forgets ? at : at - left / 8;
  }
  const std::int64_t sooner = ((slot.posted_at - at + left / 2) >> Slot::kSoonerBits) + 1;
  if (soon || sooner > UINT32_MAX) return at;
  slot.sooner = static_cast<std::uint32_t>(sooner);  // the later one is needed again
  return slot.next_posted();
}

/// After a call: sees to it that a parcel comes for the slot's timer. It may be one that was posted
/// for an earlier moment: that one posts the next. So a timer that is armed and put off again, as
/// for each query that is answered in time, costs little.
void Machine::post_armed(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer, Posting how) {
  lane.timer_moved = false;
  if (slot.armed == Slot::kNoTimer) return;
  std::int64_t at = shard.true_time(peer, slot.armed_at, lane.now);
  if (slot.next_posted() <= at) return;
  if (how == Posting::kExactly && slot.posted_at == Slot::kNotPosted) {
    slot.posted_at = at;
  } else {
    at = post_early(slot, at, lane.now);
  }
  const std::uint32_t events = slot.events;  // it was counted when it was armed
  post_own(lane, shard, slot, peer, at, {Parcel::kTimer, slot.armed, 0});
  slot.events = events;
}

void Machine::post_timer(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer,
                         std::uint8_t timer, std::int64_t own) {
  const std::int64_t at = shard.true_time(peer, own, lane.now);
  post_own(lane, shard, slot, peer, at, {Parcel::kTimer, timer, 0});
}

void Machine::look_up(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer,
                      overlay::Lookup& lookup) {
  if (shard.observer != nullptr) {
    shard.observer->on_lookup(instant(lane.now), PeerRef{peer}, lookup);
  }
  if (lookups_at_once()) {
    if (lane.calls.empty() && !lane.asked_for) {  // nearly always
      lane.asked = lookup.token;
      lane.asked_limit = lookup.limit;
      lane.asked_for = std::move(lookup.query);
      return;
    }
    Call call;
    call.kind = Call::Kind::kLookup;
    call.peer = peer;
    call.limit = lookup.limit;
    call.token = lookup.token;
    call.message.body = std::move(lookup.query);
    lane.calls.push_back(std::move(call));
    return;
  }
  post_lookup(lane, shard, slot, peer, {lookup.token, std::move(lookup.query), lookup.limit, {}});
}

void Machine::post_lookup(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer,
                          OpenLookup lookup) {
  std::int64_t at = lane.now + options_.lookup.count();
  if (options_.lookup_jitter > Duration{}) {
    const auto most = static_cast<std::uint64_t>(options_.lookup_jitter.count());
    at += static_cast<std::int64_t>(slot.secrets.fork(slot.events).below(most + 1));
  }
  post_own(lane, shard, slot, peer, at, {Parcel::kLookup, 0, shard.open_lookup(std::move(lookup))});
}

// ---- events ------------------------------------------------------------------------------------

void Machine::happen(Lane& lane, Shard& shard, const Parcel& parcel) {
  lane.now = parcel.at();
  if (parcel.linked()) {
    deliver(lane, shard, parcel);
  } else if (parcel.own()) {
    happen_to_itself(lane, shard, parcel);
  } else {
    receive_visit(lane, shard, parcel);
  }
}

void Machine::deliver(Lane& lane, Shard& shard, const Parcel& parcel) {
  LinkEnd& end = shard.end_of(parcel);
  const bool same = end.incarnation == parcel.incarnation() || planted(EngineFault::kOldFrames);
  const bool current = end.up != 0 && same;
  if (parcel.kind == Parcel::kCutNotice) {
    if (!current) return;
    end.up = 0;
    return learn_down(lane, parcel.to, end);
  }
  const Message message = parcel.open();
  if (current) {
    hand_over(lane, shard, PeerRef{end.to}, PeerRef{parcel.to}, message, parcel.end);
  } else if (shard.observer != nullptr) {
    shard.observer->on_lost(instant(lane.now), PeerRef{end.to}, PeerRef{parcel.to}, message);
  }
}

Verdict Machine::hand_over(Lane& lane, Shard& shard, PeerRef from, PeerRef to,
                           const Message& message, std::uint32_t place) {
  Slot& slot = shard.slot(to.value);
  Verdict verdict = Verdict::kIgnore;
  if (!slot.alive) return verdict;
  lane.place = place;
  call(lane, shard, slot, to.value,
       [&](overlay::Env& env, overlay::Node& node, overlay::Effects& out) {
         verdict = node.on_message(env, from, message, out, place);
         if (options_.node.open) {
           const Visits& visits = shard.visits(to.value);
           for (const overlay::Send& send : out.sends) visits.warm(send.to);
         }
         ++lane.deliveries;
         lane.digest += digest_of(instant(lane.now), from, to, message, verdict);
         if (shard.observer != nullptr) {
           shard.observer->on_delivery(instant(lane.now), from, to, message, verdict, out);
         }
       });
  return verdict;
}

void Machine::happen_to_itself(Lane& lane, Shard& shard, const Parcel& parcel) {
  Slot& slot = shard.slot(parcel.to);
  OpenLookup lookup;
  const bool is_lookup = parcel.kind == Parcel::kLookup;
  if (is_lookup) lookup = shard.close_lookup(static_cast<std::uint32_t>(parcel.query.low));
  if (parcel.kind == Parcel::kReturn) return happen_return(lane, shard, parcel);
  if (!slot.alive || slot.incarnation != parcel.budget_ms) return;
  if (is_lookup) {
    call(lane, shard, slot, parcel.to, [&](auto& env, auto& node, auto& out) {
      if (!lookup.query) return tell_shares(lane, slot, env, parcel.to, lookup);
      const std::uint32_t excess = find_hits(lane, parcel.to, lookup.query, lookup.limit);
      node.on_matches(env, lookup.token, lane.hits, excess, out);
    });
    return;
  }
  const std::int64_t own = shard.own_time(parcel.to, lane.now);
  if (slot.next_posted() == lane.now) {
    if (slot.sooner == 0) slot.posted_at = Slot::kNotPosted;
    slot.sooner = 0;
    lane.timer_moved = true;
  }
  if (!shard.fire(slot, parcel.to, parcel.overlay, own)) {
    if (lane.timer_moved) post_armed(lane, shard, slot, parcel.to, Posting::kExactly);
    return;
  }
  call(lane, shard, slot, parcel.to, [&](auto& env, auto& node, auto& out) {
    node.on_timer(env, overlay::TimerSlot{parcel.overlay}, out);
  });
}

}  // namespace shoal::sim
