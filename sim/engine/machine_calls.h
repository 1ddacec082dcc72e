// SPDX-License-Identifier: Apache-2.0
// Machine: one call to a node. Internal to this folder.
#pragma once

#include <algorithm>
#include <utility>

#include "proto/types/assert.h"
#include "sim/engine/faults.h"
#include "sim/engine/machine.h"

namespace shoal::sim {

/// What a node asks its driver for, of one peer and for one call.
class SlotSource final : public overlay::EnvSource {
 public:
  SlotSource(Slot& slot, std::uint32_t peer) : slot_(slot), peer_{peer} {}
  QueryId fresh_query_id() override {
    const std::uint64_t high = slot_.secrets.next();
    return QueryId{high, slot_.secrets.next()};
  }
  std::uint64_t fresh_nonce() override { return slot_.secrets.next(); }
  PeerId id_of(PeerRef peer) override { return simulated_id(peer); }
  std::uint64_t id_prefix_of(PeerRef peer) override { return simulated_id_prefix(peer); }
  PeerRef self() override { return peer_; }

 private:
  Slot& slot_;
  PeerRef peer_;
};

/// Where in the other peer's row the other end stands.
inline std::uint32_t Machine::twin_place(std::uint32_t peer, const LinkEnd& end) {
  return end.twin != LinkEnd::kFarTwin ? end.twin : far_twin_place(peer, end);
}

/// Sends what `fill` writes, all of it, to `to`, where it arrives at `at`. It is written where it
/// will lie.
template <class Fill>
void Machine::post(Lane& lane, Slot& slot, std::uint32_t peer, std::uint32_t to, std::int64_t at,
                   Fill fill) {
  ++slot.events;
  if (direct_ && !planted(EngineFault::kWorldSendsFirst)) {
    fill(shard_of(to).calendar.add(lane.pool, slots_(at)));
  } else if (options_.order == Order::kGrouped) {
    lane.earliest = std::min(lane.earliest, at);
    fill(lane.outboxes[lane.out][to >> options_.shard_bits].append(lane.pool));
  } else {
    TotalEvent event{at, peer, slot.events, {}};
    fill(event.parcel);
    post_event(event);
  }
}

/// Puts a message on its way over a link that takes it.
inline void Machine::depart(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer,
                            std::uint32_t index, Message&& message) {
  const LinkEnd& end = shard.end(index);
  if (end.up == 0) {
    if (shard.observer != nullptr) {
      shard.observer->on_lost(Instant(Duration(lane.now)), PeerRef{peer}, PeerRef{end.to}, message);
    }
    return;
  }
  std::int64_t arrival = lane.now + end.delay_us;
  if (Wobble* const wobble = shard.wobble(index)) {
    arrival = varied(lane, shard, *wobble, peer, end, message);
  }
  const std::uint32_t place = twin_place(peer, end);
  post(lane, slot, peer, end.to, arrival, [&](Parcel& parcel) {
    parcel.fill(std::move(message));
    parcel.when = static_cast<std::uint64_t>(arrival) << 16 | end.incarnation;
    parcel.end = place;
    parcel.to = end.to;
  });
}

/// Makes one call to a node that lives and carries out what it wants, and what comes of that.
template <class Input>
void Machine::call(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer, Input input) {
  SHOAL_ASSERT(!lane.driving);
  lane.driving = true;
  SlotSource source(slot, peer);
  overlay::Env env{Instant(Duration(shard.own_time(peer, lane.now))), slot.choices, source};
  input(env, slot.node, lane.effects);
  if (!lane.effects.empty()) carry_out(lane, shard, slot, peer);  // of a repeated query: nothing
  while (lane.asked_for) answer_lookup(lane, shard, slot, peer);
  if (!lane.calls.empty()) make_waiting_calls(lane);
  lane.driving = false;
}

template <class Input>
void Machine::drive(Lane& lane, std::uint32_t peer, Input input) {
  Shard& shard = shard_of(peer);
  Slot& slot = shard.slot(peer);
  if (slot.alive) call(lane, shard, slot, peer, input);
}

}  // namespace shoal::sim
