// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "proto/types/rng.h"
#include "sim/workload/agenda.h"
#include "sim/workload/presence.h"

namespace shoal::sim {

/// How often something goes wrong somewhere, and for how long.
struct FaultRate {
  double per_second = 0;  ///< in the whole network, at random moments (Poisson)
  Duration lasts{};
};

struct FaultRates {
  FaultRate link_downs;  ///< a link goes down, and comes up again
  FaultRate stalls;      ///< what one peer sends another waits
  FaultRate crashes;     ///< a peer ends without a word, and starts again
};

/// Random faults, each of a link or peer that is drawn among all alike; one that is away or down
/// already is left alone. A stall is lifted when it was due, even when another has begun since.
class Faults {
 public:
  /// From the engine's now() on.
  Faults(Presence& presence, const FaultRates& rates, Rng rng);

  [[nodiscard]] std::uint64_t happened() const { return happened_; }

 private:
  static constexpr std::size_t kKinds = 3;
  enum Kind : std::uint8_t { kLinkDown, kStall, kCrash };

  void schedule(std::uint8_t kind);
  void begin(std::uint8_t kind);
  void end(std::uint8_t kind, std::uint32_t where);

  Presence& presence_;
  std::array<FaultRate, kKinds> rates_;
  std::array<Rng, kKinds> draws_;
  std::uint64_t happened_ = 0;
  Agenda begins_;
  Agenda ends_;
};

}  // namespace shoal::sim
