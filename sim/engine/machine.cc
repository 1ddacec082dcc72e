// SPDX-License-Identifier: Apache-2.0
// Machine: peers and links.
#include "sim/engine/machine.h"

#include <algorithm>

#include "overlay/membership/make.h"
#include "proto/types/assert.h"
#include "sim/engine/faults.h"
#include "sim/engine/machine_calls.h"
#include "sim/network/delay.h"
#include "sim/topology/graph.h"

namespace shoal::sim {
namespace {

std::vector<std::unique_ptr<ChunkPool>> make_pools(unsigned count, ChunkStore& chunks) {
  std::vector<std::unique_ptr<ChunkPool>> pools;
  for (unsigned i = 0; i < count; ++i) pools.push_back(std::make_unique<ChunkPool>(chunks));
  return pools;
}

/// One for each pool, and the world's, which works while no thread does: with the first one's pool,
/// or chunks would go from the world to the threads and never back.
std::vector<std::unique_ptr<Lane>> make_lanes(std::span<const std::unique_ptr<ChunkPool>> pools) {
  std::vector<std::unique_ptr<Lane>> lanes;
  for (const auto& pool : pools) lanes.push_back(std::make_unique<Lane>(*pool));
  lanes.push_back(std::make_unique<Lane>(*pools.front()));
  return lanes;
}

}  // namespace

Machine::Machine(const EngineOptions& options, std::span<const overlay::OverlayEntry> overlays)
    : options_(options),
      overlays_(overlays),
      floor_us_(options.floor.count() * (planted(EngineFault::kLongWindow) ? 2 : 1)),
      direct_(options.threads == 1 && options.order == Order::kGrouped),
      slots_(static_cast<std::uint64_t>(floor_us_)),
      pools_(make_pools(options.threads, chunks_)),
      lanes_(make_lanes(pools_)),
      world_(*lanes_.back()),
      team_(options.threads) {}

Machine::~Machine() {
  ChunkPool& pool = world_.pool;
  const auto drop = [](const Parcel& parcel) { static_cast<void>(parcel.open()); };
  for (const auto& shard : shards_) shard->calendar.clear(pool);
  for (const auto& lane : lanes_) {
    for (auto& outbox : lane->outboxes) {
      for (ParcelList& list : outbox) list.drain(pool, drop);
    }
  }
  for (const TotalEvent& event : events_) drop(event.parcel);
}

// ---- peers -------------------------------------------------------------------------------------

void Machine::add_shards(std::uint32_t peers) {
  whereabouts_.resize(peers);
  const std::uint32_t per_shard = 1U << options_.shard_bits;
  const std::uint64_t wanted = (std::uint64_t{peers} + per_shard - 1) / per_shard;
  if (wanted <= shards_.size()) return;
  const std::size_t bytes = per_shard * sizeof(Slot);
  const std::size_t old_peers = shards_.size() * per_shard;
  rooms_.emplace_back((wanted - shards_.size()) * bytes, (peers - old_peers) * sizeof(Slot));
  std::byte* room = rooms_.back().data();
  for (; shards_.size() < wanted; room += bytes) {
    const auto index = static_cast<std::uint32_t>(shards_.size());
    shards_.push_back(std::make_unique<Shard>(index * per_shard, room, options_.seed));
    if (make_observer_) shards_.back()->observer = make_observer_(index);
  }
  for (const auto& lane : lanes_) {
    for (auto& outbox : lane->outboxes) outbox.resize(shards_.size());
  }
}

PeerRef Machine::add_peers(std::uint32_t count) {
  const PeerRef first{peers_};
  SHOAL_ASSERT(count < kNoPeer.value - peers_);
  add_shards(peers_ + count);
  for (std::uint32_t i = 0; i < count; ++i) {
    shard_of(peers_).add_peer();
    start_node(peers_++);
  }
  return first;
}

std::unique_ptr<overlay::Membership> Machine::make_membership() const {
  if (options_.membership) return options_.membership();
  return overlay::make_membership(options_.node);
}

void Machine::start_node(std::uint32_t peer) {
  Shard& shard = shard_of(peer);
  Slot& slot = shard.slot(peer);
  ++slot.incarnation;
  shard.forget_timers(slot, peer);
  std::construct_at(&slot.node, options_.node, overlays_, make_membership());
  slot.alive = true;
  note(peer);
  drive(world_, peer, [](auto& env, auto& node, auto& out) { node.start(env, out); });
  for (std::uint32_t i = 0; i < slot.ends; ++i) {
    const LinkEnd end = shard.end(slot.first_end + i);
    if (end.role() == Role::kAccepted) continue;
    drive(world_, peer, [&end](auto& env, auto& node, auto& out) {
      node.befriend(env, PeerRef{end.to}, end.role(), out);
    });
  }
}

void Machine::restart(PeerRef peer) {
  SHOAL_ASSERT(!slot_of(peer.value).alive);
  world_.now = now_;
  if (Line* const line = shard_of(peer.value).line(peer.value)) line->uplink = {};
  start_node(peer.value);
  if (Observer* const seer = shard_of(peer.value).observer) seer->on_restart(now(), peer);
}

void Machine::watch(Observer& observer) {
  SHOAL_ASSERT(options_.order == Order::kTotal && (watched_ || !make_observer_));
  fanout_.add(observer);
  if (!watched_) measure([this](std::uint32_t) { return &fanout_; });
  watched_ = true;
}

void Machine::measure(const std::function<Observer*(std::uint32_t)>& make) {
  watched_ = false;
  make_observer_ = make;
  for (std::uint32_t i = 0; i < shards_.size(); ++i) shards_[i]->observer = make(i);
}

// ---- links -------------------------------------------------------------------------------------

LinkEnd* Machine::find_end(PeerRef at, PeerRef of) {
  Shard& shard = shard_of(at.value);
  const std::uint32_t index = shard.find_end(shard.slot(at.value), of.value, kNowhere);
  return index == kNowhere ? nullptr : &shard.end(index);
}

std::uint32_t Machine::raise(Duration delay) {
  SHOAL_ASSERT(delay >= Duration{} && delay.count() <= UINT32_MAX);
  const std::int64_t floor = options_.floor.count();
  if (delay.count() < floor) ++world_.raised;
  return static_cast<std::uint32_t>(std::max<std::int64_t>(delay.count(), floor));
}

std::uint32_t Machine::add_end(std::uint32_t at, std::uint32_t other, Role role, Duration delay) {
  Shard& shard = shard_of(at);
  LinkEnd end;
  end.to = other;
  end.delay_us = raise(delay);
  end.set_role(role);
  return shard.add_end(shard.slot(at), end);
}

void Machine::vary(std::uint32_t peer, std::uint32_t end, Duration jitter, Rng draws) {
  Shard& shard = shard_of(peer);
  if (jitter > Duration{}) shard.make_wobbles();
  if (Wobble* const wobble = shard.wobble(end)) {
    *wobble = Wobble{draws, now_, static_cast<std::uint32_t>(jitter.count())};
  }
}

/// Makes the two ends of a link that is down.
void Machine::join(std::uint32_t a, std::uint32_t b, const LinkDelay& delay,
                   Friendship friendship) {
  const std::uint32_t a_end = add_end(a, b, friendship.second_at_first, delay.there);
  const std::uint32_t b_end = add_end(b, a, friendship.first_at_second, delay.back);
  shard_of(a).end(a_end).set_twin(slot_of(b).ends - 1);
  shard_of(b).end(b_end).set_twin(slot_of(a).ends - 1);
  const Rng draws = Rng(options_.seed).fork(~(std::uint64_t{a} << 32 | b));
  vary(a, a_end, delay.jitter, draws.fork(a < b ? 0 : 1));
  vary(b, b_end, delay.jitter, draws.fork(a < b ? 1 : 0));
}

void Machine::connect(PeerRef first, PeerRef second, const LinkDelay& delay,
                      Friendship friendship) {
  SHOAL_ASSERT(first != second && find_end(first, second) == nullptr);
  world_.now = now_;
  const auto [a, b] = std::pair(first.value, second.value);
  join(a, b, delay, friendship);
  list_friend(a, b, friendship.second_at_first);
  list_friend(b, a, friendship.first_at_second);
  bring_up(first, second);
}

void Machine::list_friend(std::uint32_t at, std::uint32_t other, Role role) {
  if (role == Role::kAccepted) return;
  drive(world_, at,
        [=](auto& env, auto& node, auto& out) { node.befriend(env, PeerRef{other}, role, out); });
}

void Machine::unfriend(PeerRef at, PeerRef other) {
  world_.now = now_;
  if (LinkEnd* const end = find_end(at, other)) end->set_role(Role::kAccepted);
  drive(world_, at.value,
        [=](auto& env, auto& node, auto& out) { node.unfriend(env, other, out); });
}

Duration Machine::bound_of(std::uint32_t peer, std::uint32_t index) {
  Shard& shard = shard_of(peer);
  const LinkEnd& end = shard.end(index);
  std::int64_t most = std::max(end.delay_us, find_end(PeerRef{end.to}, PeerRef{peer})->delay_us);
  if (const Wobble* const wobble = shard.wobble(index)) most += wobble->most_us;
  return Duration(most);
}

// ---- a whole graph -----------------------------------------------------------------------------

/// Befriends all neighbours first and brings all links up then: the same in the end as one after
/// the other, since friends are listed in ascending order and links come up in it.
void Machine::build(const Graph& graph, const LinkLaw& law) {
  SHOAL_ASSERT(peers_ == 0 && law.floor() >= options_.floor);
  peers_ = graph.size();
  add_shards(peers_);
  const std::size_t bytes = 2 * graph.edges() * sizeof(LinkEnd);
  std::byte* const room =
      bytes == 0 ? nullptr : rooms_.emplace_back(bytes, bytes).data();  // of all ends
  team_.work(static_cast<std::uint32_t>(shards_.size()), [&](unsigned member, std::uint32_t part) {
    Shard& shard = *shards_[part];
    const std::uint32_t peers = std::min(peers_ - shard.first_peer(), 1U << options_.shard_bits);
    const std::uint32_t first = graph.offset(shard.first_peer());
    shard.take_ends(room + std::size_t{first} * sizeof(LinkEnd),
                    graph.offset(shard.first_peer() + peers) - first);
    if (law.jitter > Duration{} || !law.lines.unlimited()) shard.make_wobbles();
    if (!law.lines.unlimited()) shard.make_lines(peers);
    lanes_[member]->now = now_;
    for (std::uint32_t i = 0; i < peers; ++i) {
      shard.add_peer();
      const std::uint32_t peer = shard.first_peer() + i;
      shard.slot(peer).first_end = graph.offset(peer) - first;
      build_peer(*lanes_[member], shard, peer, graph, law);
    }
  });
}

void Machine::build_peer(Lane& lane, Shard& shard, std::uint32_t peer, const Graph& graph,
                         const LinkLaw& law) {
  Slot& slot = shard.slot(peer);
  slot.tight = true;
  if (Line* const line = shard.line(peer)) {
    line->speed = law.lines.of(options_.seed, PeerRef{peer});
  }
  ++slot.incarnation;
  std::construct_at(&slot.node, options_.node, overlays_, make_membership());
  slot.alive = true;
  note(peer);
  drive(lane, peer, [](auto& env, auto& node, auto& out) { node.start(env, out); });
  for (const std::uint32_t other : graph.neighbours(peer)) {
    drive(lane, peer, [&](auto& env, auto& node, auto& out) {
      node.befriend(env, PeerRef{other}, Role::kFriend, out);
    });
  }
  for (const std::uint32_t other : graph.neighbours(peer)) {
    const LinkTimes times = law.link(options_.seed, PeerRef{peer}, PeerRef{other});
    if (peer < other) lane.raised += times.raised;
    const auto row = graph.neighbours(other);
    const std::uint32_t index = slot.first_end + slot.ends++;
    LinkEnd& end = shard.end(index);
    end.to = other;
    end.set_twin(static_cast<std::uint32_t>(std::ranges::lower_bound(row, peer) - row.begin()));
    end.delay_us = static_cast<std::uint32_t>(times.there.count());
    end.incarnation = 1;
    end.up = end.believed = 1;
    end.set_role(Role::kFriend);
    if (Wobble* const wobble = shard.wobble(index)) {
      const std::uint64_t name = std::uint64_t{std::min(peer, other)} << 32 | std::max(peer, other);
      const Rng draws = Rng(options_.seed).fork(~name).fork(peer < other ? 0 : 1);
      *wobble = Wobble{draws, now_, static_cast<std::uint32_t>(law.jitter.count())};
    }
    const overlay::LinkUp up{PeerRef{other}, std::max(times.there, times.back) + law.jitter,
                             LinkMode::kActive, LinkMode::kActive};
    drive(lane, peer, [&](auto& env, auto& node, auto& out) { node.on_link_up(env, up, out); });
  }
}

}  // namespace shoal::sim
