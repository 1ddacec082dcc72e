// SPDX-License-Identifier: Apache-2.0
// Machine: one call to a node. Internal to this folder.
#pragma once

#include "proto/types/assert.h"
#include "sim/engine/machine.h"

namespace shoal::sim {

/// What a node asks its driver for, of one peer and for one call.
class SlotSource final : public overlay::EnvSource {
 public:
  explicit SlotSource(Slot& slot) : slot_(slot) {}
  QueryId fresh_query_id() override {
    const std::uint64_t high = slot_.secrets.next();
    return QueryId{high, slot_.secrets.next()};
  }
  std::uint64_t fresh_nonce() override { return slot_.secrets.next(); }
  PeerId id_of(PeerRef peer) override { return simulated_id(peer); }

 private:
  Slot& slot_;
};

/// Makes one call to a node that lives and carries out what it wants, and what comes of that.
template <class Input>
void Machine::call(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer, Input input) {
  SHOAL_ASSERT(!lane.driving);
  lane.driving = true;
  SlotSource source(slot);
  overlay::Env env{Instant(Duration(shard.own_time(peer, lane.now))), slot.choices, source};
  input(env, slot.node, lane.effects);
  carry_out(lane, shard, slot, peer);
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
