// SPDX-License-Identifier: Apache-2.0
// One simulated peer. Internal to this folder.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "overlay/core/node.h"
#include "overlay/core/record.h"
#include "proto/types/rng.h"
#include "sim/engine/clock.h"
#include "sim/engine/content.h"
#include "sim/engine/shelf.h"
#include "sim/engine/visits.h"

namespace shoal::sim {

struct Peer final : overlay::EnvSource {
  Peer(PeerRef self, Rng stream) : ref(self), choices(stream.fork(0)), secrets(stream.fork(1)) {}

  QueryId fresh_query_id() override { return QueryId{secrets.next(), secrets.next()}; }
  std::uint64_t fresh_nonce() override { return secrets.next(); }
  PeerId id_of(PeerRef peer) override { return simulated_id(peer); }
  PeerRef self() override { return ref; }

  /// Its own time at the true time `now`.
  [[nodiscard]] Instant own(Instant now) const {
    return Instant(Duration(clock.own(now.time_since_epoch().count())));
  }
  /// Whether `slot` is armed for `at`, by its own clock, or before; if so it no longer is.
  bool fire(overlay::TimerSlot slot, Instant at);
  void arm(overlay::TimerSlot slot, Instant at);

  PeerRef ref;
  std::unique_ptr<overlay::Node> node;          ///< null while crashed
  std::unique_ptr<overlay::Recorder> recorder;  ///< of that node; null: nobody writes it down
  std::string record;
  std::uint32_t incarnation = 0;
  std::uint64_t events = 0;  ///< that it caused
  Rng choices;
  Rng secrets;
  Shelf shelf;
  Visits visits;
  std::uint8_t side = 0;
  bool hidden = false;
  /// Handles that its node may use: those it keeps, how often, and what the present call told.
  std::map<PeerRef, unsigned> kept;
  std::vector<PeerRef> told;
  std::vector<std::pair<PeerRef, Role>> friends;
  Clock clock;
  std::vector<std::pair<overlay::TimerSlot, Instant>> timers;  ///< by its own clock
};

}  // namespace shoal::sim
