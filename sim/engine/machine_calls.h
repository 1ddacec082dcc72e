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

/// The list in which what arrives at `to` at `at` has to wait. Requires Order::kGrouped.
inline ParcelList& Machine::way_to(Lane& lane, std::uint32_t to, std::int64_t at) {
  if (direct_ && !planted(EngineFault::kWorldSendsFirst)) {
    return shard_of(to).calendar.list(slots_(at));
  }
  lane.earliest = std::min(lane.earliest, at);
  return lane.outboxes[lane.out][to >> options_.shard_bits];
}

/// Sends what `fill` writes, all of it, to `to`, where it arrives at `at`. It is written where it
/// will lie.
template <class Fill>
void Machine::post(Lane& lane, Slot& slot, std::uint32_t peer, std::uint32_t to, std::int64_t at,
                   Fill fill) {
  ++slot.events;
  if (options_.order == Order::kGrouped) {
    fill(way_to(lane, to, at).append(lane.pool));
  } else {
    TotalEvent event{at, peer, slot.events, {}};
    fill(event.parcel);
    post_event(event);
  }
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
  if (lane.timer_moved) post_armed(lane, shard, slot, peer, Posting::kEarly);
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
