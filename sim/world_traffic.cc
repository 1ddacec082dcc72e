// SPDX-License-Identifier: Apache-2.0
// World: calls to nodes, and what becomes of their effects.
#include <algorithm>
#include <utility>

#include "proto/types/assert.h"
#include "sim/engine/digest.h"
#include "sim/engine/shelf.h"
#include "sim/world.h"

namespace shoal::sim {

void World::drive(PeerRef peer, Input input) {
  calls_.emplace_back(peer, std::move(input));
  // Calls are never nested: one that a call's effects cause waits until these are carried out.
  if (driving_) return;
  driving_ = true;
  while (!calls_.empty()) {
    const auto [at, call] = std::move(calls_.front());
    calls_.pop_front();
    Peer& called = peer_of(at);
    if (called.node == nullptr) continue;
    overlay::Effects out;
    overlay::Env env{called.own(now_), called.choices, called};
    overlay::RecordedNode node(*called.node, called.recorder.get());
    call(env, node, out);
    if (called.recorder) called.record += called.recorder->take();
    check_handles(at, out);
    called.told.clear();
    carry_out(at, out);
  }
  driving_ = false;
}

void World::carry_out(PeerRef ref, overlay::Effects& out) {
  Peer& peer = peer_of(ref);
  for (overlay::Send& send : out.sends) transmit(ref, send.to, std::move(send.message));
  for (const overlay::ArmTimer& timer : out.timers) {
    peer.arm(timer.slot, timer.at);
    schedule_timer(ref, timer.slot, timer.at);
  }
  for (overlay::Lookup& lookup : out.lookups) {
    for (Observer* const observer : observers_) observer->on_lookup(now_, ref, lookup);
    if (options_.lookup == Duration{} && options_.lookup_jitter == Duration{}) {
      answer_lookup(ref, lookup.token, lookup.query, lookup.limit);
      continue;
    }
    Event event;
    event.order.at = lookup_ends(peer);
    event.kind = Event::Kind::kMatches;
    event.at = ref;
    event.incarnation = peer.incarnation;
    event.number = lookup.token.value;
    event.limit = lookup.limit;
    event.message.body = std::move(lookup.query);
    schedule(std::move(event), ref.value);
  }
  for (Observer* const observer : observers_) {
    for (const overlay::Found& found : out.hits) observer->on_found(now_, ref, found);
    for (const overlay::Finished& end : out.finished) observer->on_finished(now_, ref, end);
    for (const overlay::LinkWanted& link : out.links_wanted) {
      observer->on_link_wanted(now_, ref, link);
    }
  }
  for (const overlay::LinkCut& wish : out.cuts) {
    if (links_.find(ref, wish.peer) != nullptr) cut(ref, wish.peer);
    peer.visits.close(wish.peer);
  }
  carry_out_open(ref, out);
}

Instant World::lookup_ends(const Peer& peer) const {
  const Instant at = now_ + options_.lookup;
  if (options_.lookup_jitter == Duration{}) return at;
  const auto most = static_cast<std::uint64_t>(options_.lookup_jitter.count());
  return at + Duration(peer.secrets.fork(peer.events).below(most + 1));
}

void World::schedule_timer(PeerRef ref, overlay::TimerSlot slot, Instant own) {
  const Peer& peer = peer_of(ref);
  Event event;
  event.order.at = now_;
  if (own > peer.own(now_)) {
    event.order.at = Instant(Duration(peer.clock.due(own.time_since_epoch().count())));
  }
  event.kind = Event::Kind::kTimer;
  event.at = ref;
  event.incarnation = peer.incarnation;
  event.number = slot.value;
  schedule(std::move(event), ref.value);
}

/// After its clock has changed. Events for the old moments find nothing due.
void World::schedule_timers(PeerRef ref) {
  auto timers = peer_of(ref).timers;
  std::ranges::sort(timers);
  for (const auto& [slot, own] : timers) schedule_timer(ref, slot, own);
}

void World::transmit(PeerRef from, PeerRef to, Message message) {
  LinkState* const link = links_.find(from, to);
  if (link == nullptr || !links_.way(from, to).believed_up) {
    if (visits(message)) return visit(from, to, std::move(message));
    return give_back(from, to, message);
  }
  Direction& way = links_.way(from, to);
  if (!way.stalled) return depart(way, from, to, std::move(message));
  if (way.waiting.size() < options_.queue_messages) {
    way.waiting.push_back(std::move(message));
  } else if (carries_query(message.kind)) {
    give_back(from, to, message);
  } else if (message.kind == MessageKind::kCancel) {
    for (Observer* const observer : observers_) observer->on_lost(now_, from, to, message);
  } else {
    cut(from, to);  // an answer is never dropped from a link that lives
  }
}

void World::depart(Direction& way, PeerRef from, PeerRef to, Message message) {
  if (!way.up) {
    for (Observer* const observer : observers_) observer->on_lost(now_, from, to, message);
    return;
  }
  Duration delay = way.delay;
  if (way.jitter > Duration{}) {
    delay += Duration(way.draws.below(static_cast<std::uint64_t>(way.jitter.count()) + 1));
  }
  way.last_arrival = std::max(way.last_arrival, now_ + delay);
  Event event;
  event.order.at = way.last_arrival;
  event.kind = Event::Kind::kDelivery;
  event.at = to;
  event.from = from;
  event.incarnation = links_.find(from, to)->incarnation;
  event.message = std::move(message);
  schedule(std::move(event), from.value);
}

void World::give_back(PeerRef from, PeerRef to, const Message& message) {
  for (Observer* const observer : observers_) observer->on_given_back(now_, from, to, message);
  drive(from, [this, from, to, message](auto& env, auto& node, auto& out) {
    peer_of(from).told = {to};
    node.on_dropped(env, to, message, out);
  });
}

void World::deliver(const Event& event) {
  const LinkState& link = *links_.find(event.from, event.at);
  if (!links_.way(event.at, event.from).up || link.incarnation != event.incarnation) {
    for (Observer* const observer : observers_) {
      observer->on_lost(now_, event.from, event.at, event.message);
    }
    return;
  }
  inject(event.from, event.at, event.message);
}

void World::garbage(PeerRef from, PeerRef to) {
  drive(to, [from](auto& env, auto& node, auto& out) { node.on_garbage(env, from, out); });
}

Verdict World::inject(PeerRef from, PeerRef to, const Message& message) {
  Verdict verdict = Verdict::kIgnore;
  drive(to, [&](auto& env, auto& node, auto& out) {
    peer_of(to).told = {from};
    if (const auto* const body = message.body.template as<OpaqueBody>()) {
      for (const Contact& contact : body->contacts) peer_of(to).told.push_back(contact.peer);
    }
    verdict = node.on_message(env, from, message, out);
    ++deliveries_;
    digest_ += digest_of(now_, from, to, message, verdict);
    for (Observer* const observer : observers_) {
      observer->on_delivery(now_, from, to, message, verdict, out);
    }
  });
  return verdict;
}

void World::answer_lookup(PeerRef at, LookupToken token, const PayloadRef& body,
                          std::uint32_t limit) {
  const std::vector<HitFile> found = peer_of(at).shelf.matches(body.ref<QueryBody>());
  const std::size_t told = std::min<std::size_t>(found.size(), limit);
  drive(at, [token, excess = static_cast<std::uint32_t>(found.size() - told),
             hits = hits_of(id_of(at), found, told)](auto& env, auto& node, auto& out) {
    node.on_matches(env, token, hits, excess, out);
  });
}

}  // namespace shoal::sim
