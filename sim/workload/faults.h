// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "sim/network/incidents.h"
#include "sim/workload/agenda.h"
#include "sim/workload/presence.h"

namespace shoal::sim {

/// Lets the incidents of a plan happen, side by side with whatever else makes peers come and go: a
/// peer that churn keeps away is not brought back by the end of a crash.
class Faults {
 public:
  /// `incidents` in order, none before the engine's now().
  Faults(Presence& presence, std::vector<Incident> incidents);

  /// Incidents so far, ends of trouble included.
  [[nodiscard]] std::uint64_t happened() const { return happened_; }

 private:
  void next();

  Presence& presence_;
  std::vector<Incident> incidents_;
  std::size_t at_ = 0;
  std::uint64_t happened_ = 0;
  Agenda agenda_;
};

}  // namespace shoal::sim
