// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/check/scenario.h"
#include "sim/contract/judge.h"
#include "sim/report/wave.h"

namespace shoal::sim {

/// What happened in a run, beside what was broken.
struct Sights {
  std::uint64_t scenarios = 0;
  std::uint64_t deliveries = 0;
  std::uint64_t searches = 0;  ///< that were started
  std::uint64_t calm = 0;      ///< of these: when all was healed
  std::uint64_t copies = 0;
  std::uint64_t hits = 0;
  std::uint64_t complete = 0;  ///< reports
  std::uint64_t lost = 0;      ///< copies whose link went down
  std::uint64_t given_back = 0;
  std::uint64_t crashes = 0;
  std::uint64_t jumps = 0;
  std::uint64_t strangers = 0;
  std::uint64_t open = 0;    ///< searches in networks whose peers choose their neighbours
  std::uint64_t steady = 0;  ///< of these: when all was healed and no link changed meanwhile
  Sights& operator+=(const Sights& other);
};

struct Verdicts {
  std::vector<Breach> breaches;  ///< in the order in which they were seen
  Sights sights;
};

/// Plays the scenario twice, once watched, and holds it to the contract.
/// Requires that its overlay exists and has a row in promises.cc.
Verdicts play(const Scenario& scenario);

/// The same, to be watched in a browser. Errors: those of wave_html().
Result<std::string> page_of(const Scenario& scenario, const std::string& command);

}  // namespace shoal::sim
