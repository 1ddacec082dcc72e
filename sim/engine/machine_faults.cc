// SPDX-License-Identifier: Apache-2.0
// Machine: what befalls peers and links, and what users do; all of it between windows.
#include <algorithm>
#include <utility>

#include "proto/types/assert.h"
#include "sim/engine/machine_calls.h"

namespace shoal::sim {

void Machine::at(Instant at, std::function<void()> action) {
  SHOAL_ASSERT(at >= now());
  actions_.push_back({at.time_since_epoch().count(), ++action_count_, std::move(action)});
  std::ranges::push_heap(actions_, std::greater<>{});
}

void Machine::take_down(PeerRef first, PeerRef second, Duration first_learns,
                        Duration second_learns) {
  world_.now = now_;
  LinkEnd* const first_end = find_end(first, second);
  LinkEnd* const second_end = find_end(second, first);
  SHOAL_ASSERT(first_end != nullptr && second_end != nullptr);
  if (!first_end->up && !second_end->up) return;
  first_end->up = second_end->up = 0;
  if (Observer* const seer = shard_of(first.value).observer)
    seer->on_link_cut(now(), first, second);
  const std::uint16_t incarnation = first_end->incarnation;
  const auto tell = [&](PeerRef peer, PeerRef other, Duration later) {
    if (later == Duration{}) return learn_down(world_, peer.value, *find_end(peer, other));
    at(now() + later, [this, peer, other, incarnation] {
      LinkEnd* const end = find_end(peer, other);
      if (end->incarnation == incarnation) learn_down(world_, peer.value, *end);
    });
  };
  tell(first, second, first_learns);
  tell(second, first, second_learns);
}

void Machine::bring_up(PeerRef first, PeerRef second) {
  Lane& lane = world_;
  lane.now = now_;
  LinkEnd& first_end = *find_end(first, second);
  LinkEnd& second_end = *find_end(second, first);
  Slot& first_slot = slot_of(first.value);
  Slot& second_slot = slot_of(second.value);
  if ((first_end.up && second_end.up) || !first_slot.alive || !second_slot.alive) return;
  learn_down(lane, first.value, first_end);
  learn_down(lane, second.value, second_end);
  const LinkMode first_wish = first_slot.node.wish(second);
  const LinkMode second_wish = second_slot.node.wish(first);
  for (LinkEnd* const end : {&first_end, &second_end}) {
    end->up = end->believed = 1;
    ++end->incarnation;
    Shard& shard = shard_of(end == &first_end ? first.value : second.value);
    const PeerRef other = end == &first_end ? second : first;
    const Slot& slot = end == &first_end ? first_slot : second_slot;
    const std::uint32_t index = shard.find_end(slot, other.value, kNowhere);
    if (Wobble* const wobble = shard.wobble(index)) wobble->last_arrival = now_;
  }
  if (Observer* const seer = shard_of(first.value).observer) seer->on_link_up(now(), first, second);
  const auto greet = [&](PeerRef peer, LinkEnd& end, LinkMode told, LinkMode theirs) {
    // The first end's reaction may have taken the link down again.
    if (!end.believed) return;
    const PeerRef other{end.to};
    Shard& shard = shard_of(peer.value);
    const std::uint32_t index = shard.find_end(shard.slot(peer.value), end.to, kNowhere);
    const Spent spent = shard.take_spent(peer.value, other.value);
    const overlay::LinkUp up{
        other, bound_of(peer.value, index), told, theirs,
        overlay::still_spent(options_.node, spent.queries,
                             Duration(shard.own_time(peer.value, now_) - spent.at))};
    drive(lane, peer.value,
          [&](auto& env, auto& node, auto& out) { node.on_link_up(env, up, out); });
  };
  greet(first, first_end, first_wish, second_wish);
  greet(second, second_end, second_wish, first_wish);
}

void Machine::refuse(PeerRef from, PeerRef to) {
  world_.now = now_;
  drive(world_, from.value, [&](auto& env, auto& node, auto& out) {
    node.on_link_down(env, to, overlay::LinkDownReason::kRefused, out);
  });
}

void Machine::stall(PeerRef from, PeerRef to, bool stalled) {
  Lane& lane = world_;
  lane.now = now_;
  Shard& shard = shard_of(from.value);
  Slot& slot = shard.slot(from.value);
  const std::uint32_t index = shard.find_end(slot, to.value, kNowhere);
  SHOAL_ASSERT(index != kNowhere);
  shard.end(index).stalled = stalled ? 1 : 0;
  if (shard.observer != nullptr) shard.observer->on_stall(now(), from, to, stalled);
  if (stalled) return;
  for (Message& message : shard.take_waiting(from.value, to.value)) {
    depart(lane, shard, slot, from.value, index, std::move(message));
  }
}

void Machine::crash(PeerRef peer, Duration neighbours_learn) {
  Shard& shard = shard_of(peer.value);
  Slot& slot = shard.slot(peer.value);
  if (!slot.alive) return;
  world_.now = now_;
  std::destroy_at(&slot.node);
  slot.alive = false;
  note(peer.value);
  std::vector<std::uint32_t> others;
  for (const LinkEnd& end : shard.ends_of(slot)) others.push_back(end.to);
  std::ranges::sort(others);
  for (const std::uint32_t other : others) {
    find_end(peer, PeerRef{other})->believed = 0;
    shard.take_waiting(peer.value, other);
    shard.take_spent(peer.value, other);
    take_down(peer, PeerRef{other}, {}, neighbours_learn);
  }
  if (options_.node.open) shard.visits(peer.value).clear();
  if (shard.observer != nullptr) shard.observer->on_crash(now(), peer);
}

void Machine::drift(PeerRef peer, std::int32_t ppm) {
  shard_of(peer.value).clock(peer.value).drift(now_, ppm);
  arm_anew(peer.value);
}

void Machine::jump(PeerRef peer, Duration forward) {
  shard_of(peer.value).clock(peer.value).jump(now_, forward.count());
  arm_anew(peer.value);
}

/// What a peer's clock now says of its timers; what was posted for them before finds them not due,
/// or gone.
void Machine::arm_anew(std::uint32_t peer) {
  world_.now = now_;
  Shard& shard = shard_of(peer);
  Slot& slot = shard.slot(peer);
  for (const auto& [timer, own] : shard.armed(slot, peer)) {
    post_timer(world_, shard, slot, peer, timer, own);
  }
}

void Machine::introduce(PeerRef at, PeerRef peer) {
  world_.now = now_;
  drive(world_, at.value,
        [&](auto& env, auto& node, auto& out) { node.on_introduced(env, peer, out); });
}

void Machine::change_shares(PeerRef at) {
  world_.now = now_;
  drive(world_, at.value,
        [](auto& env, auto& node, auto& out) { node.on_shares_changed(env, out); });
}

Result<QueryId> Machine::search(PeerRef origin, const overlay::SearchRequest& request) {
  SHOAL_ASSERT(slot_of(origin.value).alive);
  world_.now = now_;
  overlay::SearchRequest lent = request;
  const auto* const query = request.body.as<QueryBody>();
  if (query != nullptr) {
    bodies_.push_back(query->copy());
    lent.body = PayloadRef::lend(*bodies_.back());
  }
  Result<QueryId> started = QueryId{};
  drive(world_, origin.value,
        [&](auto& env, auto& node, auto& out) { started = node.search(env, lent, out); });
  return started;
}

void Machine::cancel(PeerRef origin, QueryId query) {
  world_.now = now_;
  drive(world_, origin.value,
        [&](auto& env, auto& node, auto& out) { node.cancel(env, query, out); });
}

Verdict Machine::inject(PeerRef from, PeerRef to, const Message& message) {
  world_.now = now_;
  return hand_over(world_, shard_of(to.value), from, to, message, 0);
}

void Machine::garbage(PeerRef from, PeerRef to) {
  world_.now = now_;
  drive(world_, to.value, [&](auto&, auto& node, auto& out) { node.on_garbage(from, out); });
}

}  // namespace shoal::sim
