// SPDX-License-Identifier: Apache-2.0
#include "sim/world.h"

#include <utility>

#include "overlay/membership/make.h"
#include "proto/types/assert.h"

namespace shoal::sim {

World::World(const WorldOptions& options, std::span<const overlay::OverlayEntry> overlays)
    : options_(options), overlays_(overlays) {}

World::~World() = default;

// ---- who there is ------------------------------------------------------------------------------

PeerRef World::add_peer() {
  const PeerRef peer{static_cast<std::uint32_t>(peers_.size())};
  peers_.push_back(std::make_unique<Peer>(peer, Rng(options_.seed).fork(peer.value)));
  start_node(peer);
  return peer;
}

void World::start_node(PeerRef ref) {
  Peer& peer = peer_of(ref);
  ++peer.incarnation;
  peer.timers.clear();
  peer.kept.clear();
  peer.node = std::make_unique<overlay::Node>(
      options_.node, overlays_,
      options_.membership ? options_.membership() : overlay::make_membership(options_.node));
  if (options_.record) {
    peer.recorder = std::make_unique<overlay::Recorder>(options_.node, SIZE_MAX);
    peer.record.clear();
  }
  drive(ref, [](auto& env, auto& node, auto& out) { node.start(env, out); });
  for (const auto& [other, role] : peer.friends) {
    drive(ref, [other, role](auto& env, auto& node, auto& out) {
      node.befriend(env, other, role, out);
    });
  }
}

PeerId World::id_of(PeerRef peer) const { return simulated_id(peer); }

void World::share(PeerRef peer, HitFile file) { peer_of(peer).shelf.add(std::move(file)); }

void World::connect(PeerRef first, PeerRef second, const LinkDelay& delay, Friendship friendship) {
  const std::uint64_t name = std::uint64_t{first.value} << 32 | second.value;
  links_.add(first, second, delay, Rng(options_.seed).fork(~name));
  const auto list = [this](PeerRef at, PeerRef other, Role role) {
    if (role == Role::kAccepted) return;
    peer_of(at).friends.emplace_back(other, role);
    if (!alive(at)) return;
    drive(at, [&](auto& env, auto& node, auto& out) { node.befriend(env, other, role, out); });
  };
  list(first, second, friendship.second_at_first);
  list(second, first, friendship.first_at_second);
  bring_up(first, second);
}

const overlay::Node& World::node(PeerRef peer) const {
  SHOAL_ASSERT(alive(peer));
  return *peer_of(peer).node;
}

// ---- what befalls them -------------------------------------------------------------------------

void World::at(Instant at, std::function<void()> action) {
  SHOAL_ASSERT(at >= now_);
  Event event;
  event.order = {at, 0, ++world_events_};
  event.number = actions_.size();
  actions_.push_back(std::move(action));
  events_.push(std::move(event));
}

void World::take_down(PeerRef first, PeerRef second, Duration first_learns,
                      Duration second_learns) {
  LinkState* const link = links_.find(first, second);
  SHOAL_ASSERT(link != nullptr);
  if (!link->from_first.up && !link->from_second.up) return;
  link->from_first.up = link->from_second.up = false;
  for (Observer* const observer : observers_) observer->on_link_cut(now_, first, second);
  const std::uint32_t incarnation = link->incarnation;
  const auto tell = [&](PeerRef peer, PeerRef other, Duration later) {
    if (later == Duration{}) return learn_down(peer, other);
    at(now_ + later, [this, peer, other, incarnation] {
      if (links_.find(peer, other)->incarnation == incarnation) learn_down(peer, other);
    });
  };
  tell(first, second, first_learns);
  tell(second, first, second_learns);
}

void World::bring_up(PeerRef first, PeerRef second) {
  LinkState* const link = links_.find(first, second);
  SHOAL_ASSERT(link != nullptr);
  if (link->up() || !alive(first) || !alive(second)) return;
  learn_down(first, second);
  learn_down(second, first);
  link->from_first.up = link->from_second.up = true;
  ++link->incarnation;
  const LinkMode first_wish = peer_of(first).node->wish(second);
  const LinkMode second_wish = peer_of(second).node->wish(first);
  for (const PeerRef end : {first, second}) {
    const PeerRef other = end == first ? second : first;
    links_.way(end, other).last_arrival = now_;
  }
  for (Observer* const observer : observers_) observer->on_link_up(now_, first, second);
  const auto greet = [&](PeerRef end, PeerRef other, LinkMode told, LinkMode theirs) {
    // The first end's reaction may have taken the link down again, before the other heard of it.
    Direction& way = links_.way(end, other);
    if (!way.up) return;
    way.believed_up = true;
    const std::uint32_t spent = overlay::still_spent(options_.node, std::exchange(way.spent, 0),
                                                     peer_of(end).own(now_) - way.spent_at);
    const overlay::LinkUp up{other, link->bound, told, theirs, spent};
    drive(end, [up](auto& env, auto& node, auto& out) { node.on_link_up(env, up, out); });
  };
  greet(first, second, first_wish, second_wish);
  greet(second, first, second_wish, first_wish);
}

void World::refuse(PeerRef from, PeerRef to) {
  drive(from, [this, from, to](auto& env, auto& node, auto& out) {
    peer_of(from).told = {to};
    node.on_link_down(env, to, overlay::LinkDownReason::kRefused, out);
  });
}

void World::stall(PeerRef from, PeerRef to, bool stalled) {
  Direction& way = links_.way(from, to);
  way.stalled = stalled;
  for (Observer* const observer : observers_) observer->on_stall(now_, from, to, stalled);
  if (stalled) return;
  for (Message& message : std::exchange(way.waiting, {})) {
    depart(way, from, to, std::move(message));
  }
}

void World::crash(PeerRef ref, Duration neighbours_learn) {
  Peer& peer = peer_of(ref);
  if (peer.node == nullptr) return;
  peer.node.reset();
  peer.visits.clear();
  for (const PeerRef other : links_.partners(ref)) {
    Direction& way = links_.way(ref, other);
    way.believed_up = false;
    way.waiting.clear();
    way.spent = 0;
    take_down(ref, other, {}, neighbours_learn);
  }
  for (Observer* const observer : observers_) observer->on_crash(now_, ref);
}

void World::restart(PeerRef ref) {
  SHOAL_ASSERT(!alive(ref));
  start_node(ref);
  for (Observer* const observer : observers_) observer->on_restart(now_, ref);
}

void World::drift(PeerRef ref, std::int32_t ppm) {
  peer_of(ref).clock.drift(now_.time_since_epoch().count(), ppm);
  schedule_timers(ref);
}

void World::jump(PeerRef ref, Duration forward) {
  peer_of(ref).clock.jump(now_.time_since_epoch().count(), forward.count());
  schedule_timers(ref);
}

/// The end `at` of a link to `of` finds out that it is gone: what waited is given back, in order,
/// before its node hears of the end.
void World::learn_down(PeerRef at, PeerRef of) {
  Direction& way = links_.way(at, of);
  if (!way.believed_up || !alive(at)) return;
  way.believed_up = false;  // what its node sends meanwhile is given back too
  for (const Message& message : std::exchange(way.waiting, {})) give_back(at, of, message);
  const Instant own = peer_of(at).own(now_);
  if (const std::uint32_t spent = peer_of(at).node->spent(own, of); spent > 0) {
    way.spent = spent;
    way.spent_at = own;
  }
  for (Observer* const observer : observers_) observer->on_link_down(now_, at, of);
  drive(at, [this, at, of](auto& env, auto& node, auto& out) {
    peer_of(at).told = {of};
    node.on_link_down(env, of, overlay::LinkDownReason::kGone, out);
  });
}

/// An end cuts its link: at once on its own side.
void World::cut(PeerRef at, PeerRef of) {
  if (options_.cut_learned == Duration{}) return take_down(at, of);
  Direction& way = links_.way(at, of);
  if (!way.up) return;
  way.up = false;
  for (Observer* const observer : observers_) observer->on_link_cut(now_, at, of);
  Event event;
  event.order.at = now_ + options_.cut_learned;
  event.kind = Event::Kind::kCut;
  event.at = of;
  event.from = at;
  event.incarnation = links_.find(at, of)->incarnation;
  schedule(std::move(event), at.value);
  learn_down(at, of);
}

// ---- what their users do -----------------------------------------------------------------------

Result<QueryId> World::search(PeerRef origin, const overlay::SearchRequest& request) {
  SHOAL_ASSERT(alive(origin));
  Result<QueryId> started = QueryId{};
  drive(origin,
        [&](auto& env, auto& node, auto& out) { started = node.search(env, request, out); });
  return started;
}

void World::cancel(PeerRef origin, QueryId query) {
  drive(origin, [&](auto& env, auto& node, auto& out) { node.cancel(env, query, out); });
}

void World::unfriend(PeerRef at, PeerRef other) {
  std::erase_if(peer_of(at).friends, [other](const auto& known) { return known.first == other; });
  drive(at, [&](auto& env, auto& node, auto& out) { node.unfriend(env, other, out); });
}

// ---- time --------------------------------------------------------------------------------------

void World::run_until(Instant until) {
  while (events_.next() <= until) {
    Event event = events_.pop();
    now_ = event.order.at;
    happen(event);
  }
  now_ = std::max(now_, until);
}

bool World::run(Instant until) {
  while (!events_.empty() && events_.next() <= until) {
    Event event = events_.pop();
    now_ = event.order.at;
    happen(event);
  }
  if (!events_.empty()) now_ = std::max(now_, until);
  return events_.empty();
}

void World::schedule(Event event, std::uint32_t cause) {
  Peer& peer = *peers_[cause];
  event.order.cause = cause + 1;
  event.order.number = ++peer.events;
  events_.push(std::move(event));
}

void World::happen(Event& event) {
  if (event.kind == Event::Kind::kAction) {
    std::exchange(actions_[event.number], nullptr)();
    return;
  }
  Peer& peer = peer_of(event.at);
  if (event.kind == Event::Kind::kDelivery) return deliver(event);
  if (event.kind == Event::Kind::kCut) {
    Direction& way = links_.way(event.at, event.from);
    if (!way.up || links_.find(event.at, event.from)->incarnation != event.incarnation) return;
    way.up = false;
    return learn_down(event.at, event.from);
  }
  if (event.kind == Event::Kind::kVisit) return receive_visit(event);
  if (peer.node == nullptr || peer.incarnation != event.incarnation) return;
  if (event.kind == Event::Kind::kDial) return complete_dial(event);
  if (event.kind == Event::Kind::kReturn) return give_back(event.at, event.from, event.message);
  if (event.kind == Event::Kind::kShares) {
    return answer_list(event.at, LookupToken{event.number}, event.after, event.limit);
  }
  if (event.kind == Event::Kind::kMatches) {
    return answer_lookup(event.at, LookupToken{event.number}, event.message.body, event.limit);
  }
  const overlay::TimerSlot slot{static_cast<std::uint8_t>(event.number)};
  if (!peer.fire(slot, peer.own(now_))) return;
  drive(event.at, [&](auto& env, auto& node, auto& out) { node.on_timer(env, slot, out); });
}

}  // namespace shoal::sim
