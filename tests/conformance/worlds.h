// SPDX-License-Identifier: Apache-2.0
// A property over drawn worlds.
#pragma once

#include <functional>
#include <string>

#include "tests/support/play.h"

namespace shoal::tests {

using sim::SearchTruth;

enum class Outcome {
  kHeld,
  kFalsified,  ///< a counterexample is on stderr
  kThin,       ///< held, but some class of hard cases was hardly drawn
};

using Check = std::function<void(const Scenario&, const Played&)>;

/// Runs `check` over drawn worlds, after `adjust` has changed them, and sees to it that the hard
/// classes were among them: prints their shares, and is kThin when one is under 10 %.
Outcome over_worlds(const std::string& name, const Wanted& wanted, const Check& check,
                    const std::function<void(Scenario&)>& adjust = nullptr,
                    Driver driver = Driver::kWorld);

/// The search's one report. Inside rc::check only.
const SearchReport& report_of(const sim::SearchTruth& truth);

}  // namespace shoal::tests
