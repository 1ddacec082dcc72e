// SPDX-License-Identifier: Apache-2.0
// World: open networks: messages without links, links that peers make and end, lists of shares.
#include <algorithm>
#include <utility>

#include "proto/types/assert.h"
#include "sim/world.h"

namespace shoal::sim {

void World::carry_out_open(PeerRef ref, const overlay::Effects& out) {
  for (const overlay::ListShares& list : out.share_lists) list_shares(ref, list);
  for (const overlay::Dial& wish : out.dials) dial(ref, wish.peer);
  for (const overlay::Hangup& wish : out.hangups) hang_up(ref, wish.peer);
}

void World::introduce(PeerRef at, PeerRef peer) {
  drive(at, [this, at, peer](auto& env, auto& node, auto& out) {
    peer_of(at).told = {peer};
    node.on_introduced(env, peer, out);
  });
}

// ---- shares ------------------------------------------------------------------------------------

void World::change_shares(PeerRef at) {
  drive(at, [](auto& env, auto& node, auto& out) { node.on_shares_changed(env, out); });
}

void World::list_shares(PeerRef ref, const overlay::ListShares& list) {
  if (options_.lookup == Duration{} && options_.lookup_jitter == Duration{}) {
    return answer_list(ref, list.token, list.after, list.limit);
  }
  Event event;
  event.order.at = lookup_ends(peer_of(ref));
  event.kind = Event::Kind::kShares;
  event.at = ref;
  event.incarnation = peer_of(ref).incarnation;
  event.number = list.token.value;
  event.limit = list.limit;
  event.after = list.after;
  schedule(std::move(event), ref.value);
}

void World::answer_list(PeerRef at, LookupToken token, const ContentId& after,
                        std::uint32_t limit) {
  drive(at, [this, at, token, after, limit](auto& env, auto& node, auto& out) {
    std::vector<SharedFile> files;
    const bool more = peer_of(at).shelf.list(after, limit, files);
    node.on_shares(env, token, files, more, out);
  });
}

// ---- messages without a link -------------------------------------------------------------------

bool World::visits(const Message& message) const {
  return options_.node.open && overlay::goes_without_link(overlays_, message);
}

bool World::reaches(PeerRef from, PeerRef to) const {
  return to.value < peers_.size() && to != from && alive(to) &&
         peer_of(to).side == peer_of(from).side;
}

void World::visit(PeerRef from, PeerRef to, Message message) {
  Peer& peer = peer_of(from);
  const std::int64_t now = now_.time_since_epoch().count();
  Event event;
  if (!reaches(from, to) || (peer_of(to).hidden && !peer.visits.knows(to, now))) {
    peer.visits.close(to);
    event.order.at = now_ + options_.open.dial_fails;
    event.kind = Event::Kind::kReturn;
    event.at = from;
    event.from = to;
    event.incarnation = peer.incarnation;
    event.message = std::move(message);
    return schedule(std::move(event), from.value);
  }
  const LinkTimes times = options_.open.law.link(options_.seed, from, to);
  const Duration greeting = times.there + times.back;
  event.order.at = Instant(Duration(peer.visits.leave(to, now, greeting.count()))) + times.there;
  if (options_.open.law.jitter > Duration{}) {
    const auto most = static_cast<std::uint64_t>(options_.open.law.jitter.count());
    event.order.at += Duration(peer.secrets.fork(peer.events).below(most + 1));
  }
  event.kind = Event::Kind::kVisit;
  event.at = to;
  event.from = from;
  event.incarnation = peer_of(to).incarnation;
  event.message = std::move(message);
  schedule(std::move(event), from.value);
}

void World::receive_visit(const Event& event) {
  Peer& peer = peer_of(event.at);
  const bool same = peer.node != nullptr && peer.incarnation == event.incarnation;
  if (same && peer.side == peer_of(event.from).side) {
    peer.visits.hear(event.from, now_.time_since_epoch().count());
    inject(event.from, event.at, event.message);
    return;
  }
  for (Observer* const observer : observers_) {
    observer->on_lost(now_, event.from, event.at, event.message);
  }
}

// ---- links that peers make and end -------------------------------------------------------------

void World::dial(PeerRef from, PeerRef to) {
  Peer& peer = peer_of(from);
  Event event;
  event.order.number = dial_number(from.value, ++peer.events);
  event.kind = Event::Kind::kDial;
  event.at = from;
  event.from = to;
  event.incarnation = peer.incarnation;
  event.limit = !reaches(from, to) || peer_of(to).hidden ? 1 : 0;
  Duration takes = options_.open.dial_fails;
  if (event.limit == 0) {
    const LinkTimes times = options_.open.law.link(options_.seed, from, to);
    takes = 2 * (times.there + times.back);
  }
  event.order.at = now_ + takes;
  if (const Duration grain = options_.dial_grain; grain > Duration{}) {
    const Duration since = event.order.at.time_since_epoch();
    event.order.at = Instant((since + grain - Duration(1)) / grain * grain);
  }
  events_.push(std::move(event));
}

void World::complete_dial(const Event& event) {
  const PeerRef from = event.at;
  const PeerRef to = event.from;
  LinkState* const link = links_.find(from, to);
  if (link != nullptr && link->up()) return;
  if (event.limit != 0 || !reaches(from, to) ||
      node(to).links().all().size() >= limits::kLinksMax) {
    if (link == nullptr || !links_.way(from, to).believed_up) refuse(from, to);
    return;
  }
  if (link == nullptr) {
    const auto [low, high] = std::minmax(from, to);
    const LinkTimes times = options_.open.law.link(options_.seed, low, high);
    const std::uint64_t name = std::uint64_t{low.value} << 32 | high.value;
    links_.add(low, high, {times.there, times.back, options_.open.law.jitter},
               Rng(options_.seed).fork(~name));
  }
  bring_up(from, to);
}

/// At once on this side, and behind all that was sent on the other.
void World::hang_up(PeerRef at, PeerRef of) {
  if (links_.find(at, of) == nullptr) return;
  Direction& way = links_.way(at, of);
  if (!way.up) return;
  way.up = false;
  Event event;
  event.order.at = std::max(way.last_arrival, now_ + way.delay);
  event.kind = Event::Kind::kCut;
  event.at = of;
  event.from = at;
  event.incarnation = links_.find(at, of)->incarnation;
  schedule(std::move(event), at.value);
  learn_down(at, of);
}

// ---- handles -----------------------------------------------------------------------------------

std::size_t World::handles(PeerRef peer) const {
  std::size_t sum = 0;
  for (const auto& [handle, times] : peer_of(peer).kept) sum += times;
  return sum;
}

/// The simulator's handles are always valid, those of the wire are not: a node may use only what it
/// keeps, what its links and friends are, and what the present call told it.
void World::check_handles(PeerRef ref, const overlay::Effects& out) {
  Peer& peer = peer_of(ref);
  const auto valid = [&](PeerRef handle) {
    const auto kept = peer.kept.find(handle);
    const auto is_friend = [handle](const auto& known) { return known.first == handle; };
    return handle == ref || (kept != peer.kept.end() && kept->second > 0) ||
           std::ranges::find(peer.told, handle) != peer.told.end() ||
           std::ranges::any_of(peer.friends, is_friend) ||
           peer.node->links().find(handle) != nullptr;
  };
  for (const overlay::Send& send : out.sends) {
    if (visits(send.message)) SHOAL_ASSERT(valid(send.to));
    if (const auto* const body = send.message.body.as<OpaqueBody>()) {
      for (const Contact& contact : body->contacts) SHOAL_ASSERT(valid(contact.peer));
    }
  }
  for (const overlay::Dial& dial : out.dials) SHOAL_ASSERT(valid(dial.peer));
  for (const PeerRef handle : out.kept) {
    SHOAL_ASSERT(valid(handle));
    ++peer.kept[handle];
  }
  for (const PeerRef handle : out.let_go) {
    const auto at = peer.kept.find(handle);
    SHOAL_ASSERT(at != peer.kept.end());
    if (--at->second == 0) peer.kept.erase(at);
  }
}

}  // namespace shoal::sim
