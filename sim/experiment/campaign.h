// SPDX-License-Identifier: Apache-2.0
// The searches of one run. Internal to this folder.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "sim/experiment/drawn.h"
#include "sim/experiment/experiment.h"
#include "sim/experiment/scene.h"
#include "sim/measure/ball.h"
#include "sim/measure/ledger.h"
#include "sim/workload/agenda.h"

namespace shoal::sim {

/// Starts the searches of an experiment at their moments, holds each against the truth, and lets
/// the network run until all have ended.
class Campaign {
 public:
  /// What the script has changed.
  struct Changes {
    std::uint64_t departures = 0;
    std::uint64_t returns = 0;
    std::uint64_t moved = 0;  ///< files that got or lost a holder
  };

  Campaign(const Experiment& experiment, Scene& scene, Ledger& ledger, std::uint64_t seed);
  Campaign(const Campaign&) = delete;
  Campaign& operator=(const Campaign&) = delete;

  /// `tick` is called now and then, between windows.
  void run(const std::function<void()>& tick);
  /// Searches that have ended, of all.
  [[nodiscard]] double done() const;
  [[nodiscard]] const Changes& changes() const { return changes_; }
  /// Called once, at measured_at().
  std::function<void()> on_settled;
  /// Called once, between windows, when nothing of the first search is left: where nothing but
  /// searches ever happens, when the network is quiet.
  std::function<void()> on_first_over;

 private:
  void one_after_another();
  void at_a_rate();
  void follow(const Deed& deed);
  /// The number of a search that was started now.
  std::uint32_t begin(std::uint32_t origin, std::uint32_t file);
  void begin_drawn();
  void look_around(SearchRecord& record);
  void close(std::uint32_t search);
  void tell_first_over();
  /// Runs until then, or until nothing is left to happen.
  void advance(Instant until);
  [[nodiscard]] Instant expiry() const;

  const Experiment& experiment_;
  Scene& scene_;
  Ledger& ledger_;
  SearchDraws draws_;
  Rng times_;
  Duration lifetime_;  // from the start of a search until nothing of it can be left
  std::optional<BallSearch> ball_;
  std::uint64_t closed_ = 0;
  Changes changes_;
  Agenda starts_;
  Agenda ends_;
  Agenda deeds_;
  const std::function<void()>* tick_ = nullptr;
};

}  // namespace shoal::sim
