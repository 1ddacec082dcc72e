// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "proto/types/rng.h"
#include "sim/draw/life.h"
#include "sim/workload/agenda.h"
#include "sim/workload/presence.h"

namespace shoal::sim {

/// Peers that come and go, each by itself: here for one draw of `stays`, away for one of
/// `absences`, and so on (Stutzbach, Rejaie, "Understanding churn in peer-to-peer networks", IMC
/// 2006).
///
/// It begins in equilibrium: a peer is away with the probability of a random moment, and what is
/// left of its stay or absence is a residual life, for a network whose sessions were all born at
/// its beginning loses far too many of them at first.
class Churn {
 public:
  /// From the engine's now() on. Every peer has a stream of its own.
  Churn(Presence& presence, LifeLaw stays, LifeLaw absences, Rng rng);

  /// Peers that left, and that returned.
  [[nodiscard]] std::uint64_t departures() const { return departures_; }
  [[nodiscard]] std::uint64_t returns() const { return returns_; }

 private:
  void turn(std::uint32_t peer);

  Presence& presence_;
  LifeLaw stays_;
  LifeLaw absences_;
  std::vector<Rng> draws_;
  std::vector<std::uint8_t> staying_;
  std::uint64_t departures_ = 0;
  std::uint64_t returns_ = 0;
  Agenda agenda_;
};

}  // namespace shoal::sim
