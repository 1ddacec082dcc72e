// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/worlds.h"

#include <rapidcheck.h>

#include "sim/contract/promises.h"
#include "tests/support/class_shares.h"

namespace shoal::tests {

Outcome over_worlds(const std::string& name, const Wanted& wanted, const Check& check,
                    const std::function<void(Scenario&)>& adjust, Driver driver) {
  ClassShares shares;
  const bool held = rc::check(name, [&] {
    Scenario scenario = draw_scenario(wanted);
    if (adjust) adjust(scenario);
    const Played played = driver == Driver::kWorld ? play(scenario) : play_on_engine(scenario);
    shares.next_case();
    shares.mark("cycles", scenario.has_cycles());
    if (!wanted.one_delay) shares.mark("unequal delays", scenario.delays_differ());
    if (wanted.faults) {
      bool in_flight = false;
      for (const SearchTruth& search : played.truth->searches()) {
        for (const Fault& fault : scenario.faults) {
          in_flight = in_flight || (fault.kind == Fault::Kind::kCrash && search.copies > 0 &&
                                    Instant(fault.at) >= Instant(scenario.searches[0].at) &&
                                    Instant(fault.at) <= search.last_traffic);
        }
      }
      shares.mark("crash in flight", in_flight);
      // Where no link is needed hardly anything goes by their queues.
      if (sim::promises_of(scenario.via)->rests) shares.mark("overflow", played.given_back > 0);
    }
    RC_LOG() << scenario;
    check(scenario, played);
  });
  if (!held) return Outcome::kFalsified;
  return shares.enough(name) ? Outcome::kHeld : Outcome::kThin;
}

const SearchReport& report_of(const SearchTruth& truth) {
  RC_ASSERT(truth.reports.size() == 1U);
  return truth.reports[0];
}

}  // namespace shoal::tests
