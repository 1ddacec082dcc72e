// SPDX-License-Identifier: Apache-2.0
#include "tests/property/flood_properties.h"

#include <rapidcheck.h>

#include <algorithm>
#include <iostream>
#include <string>

#include "tests/conformance/worlds.h"

namespace shoal::tests {
namespace {

std::vector<unsigned> all_distances(const Scenario& scenario, std::uint32_t origin) {
  return distances(scenario, origin, std::vector<bool>(scenario.links.size(), true));
}

std::int64_t reported_within(const SearchReport& report, unsigned hops) {
  std::int64_t sum = 0;
  const Counts& counts = report.counts;
  for (std::size_t i = 0; i < counts.peers_by_hop.size(); ++i) {
    if (counts.first_hop + i <= hops) sum += counts.peers_by_hop[i];
  }
  return sum;
}

void counts_equal_the_truth(const SearchReport& report, const SearchTruth& truth) {
  for (unsigned hop = 1; hop <= 16; ++hop) {
    RC_ASSERT(reported_within(report, hop) == truth.within(hop));
  }
  RC_ASSERT(report.counts.copies == truth.copies);
  RC_ASSERT(report.counts.duplicates == truth.duplicates);
  RC_ASSERT(report.counts.refused == truth.refused);
  RC_ASSERT(report.counts.dropped == truth.given_back);
  RC_ASSERT(report.counts.unanswered == 0U);
}

}  // namespace

Outcome exactly_the_peers_within_ttl_hops_are_asked() {
  const Wanted wanted{.any_rule = false};
  return over_worlds("without faults exactly the peers within TTL hops are asked", wanted,
                     [](const Scenario& scenario, const Played& played) {
                       const SearchTruth& truth = played.truth->searches()[0];
                       const Asked& asked = scenario.searches[0];
                       const std::vector<unsigned> far = all_distances(scenario, asked.origin);
                       for (std::uint32_t peer = 0; peer < scenario.peers; ++peer) {
                         const bool inside = peer != asked.origin && far[peer] <= asked.ttl;
                         RC_ASSERT(truth.peers[peer].asked == inside);
                         if (inside) RC_ASSERT(truth.peers[peer].hop == far[peer]);
                       }
                       RC_ASSERT(report_of(truth).complete);
                     });
}

Outcome under_faults_a_subset_is_asked_and_all_that_stayed_connected() {
  const Wanted wanted{.faults = true, .any_rule = false};
  return over_worlds("with crashes a subset of the ball is asked, and all that stayed connected",
                     wanted, [](const Scenario& scenario, const Played& played) {
                       if (played.refused[0]) return;
                       const SearchTruth& truth = played.truth->searches()[0];
                       const Asked& asked = scenario.searches[0];
                       const std::vector<unsigned> far = all_distances(scenario, asked.origin);
                       const auto safe =
                           distances(scenario, asked.origin, untouched_links(scenario));
                       for (std::uint32_t peer = 0; peer < scenario.peers; ++peer) {
                         if (truth.peers[peer].asked) RC_ASSERT(far[peer] <= asked.ttl);
                         if (peer != asked.origin && safe[peer] <= asked.ttl) {
                           RC_ASSERT(truth.peers[peer].asked);
                         }
                       }
                     });
}

Outcome classic_copies_are_twice_the_links_less_a_tree() {
  const Wanted wanted{.one_delay = true};
  return over_worlds(
      "classic copies at covering TTL and equal delays are 2E-(N-1)", wanted,
      [](const Scenario& scenario, const Played& played) {
        const SearchReport& report = report_of(played.truth->searches()[0]);
        const std::size_t tree = scenario.peers - 1;
        RC_ASSERT(report.complete);
        RC_ASSERT(report.counts.copies == 2 * scenario.links.size() - tree);
        RC_ASSERT(report.counts.duplicates == 2 * (scenario.links.size() - tree));
        RC_ASSERT(report.peers_asked() == static_cast<std::int64_t>(tree));
      },
      [](Scenario& scenario) {
        scenario.searches[0].rule = DuplicateRule::kClassic;
        scenario.searches[0].ttl = 15;  // over every eccentricity of 16 peers but a line's end
      });
}

Outcome complete_reports_equal_what_the_world_saw() {
  const Wanted wanted{.faults = true, .searches = 2};
  unsigned complete = 0;
  const Outcome outcome = over_worlds("a report that says complete equals what the world saw",
                                      wanted, [&complete](const Scenario&, const Played& played) {
                                        for (const SearchTruth& truth : played.truth->searches()) {
                                          if (truth.reports.empty() || !truth.reports[0].complete)
                                            continue;
                                          ++complete;
                                          counts_equal_the_truth(truth.reports[0], truth);
                                        }
                                      });
  std::cout << "  complete reports: " << complete << '\n';
  return outcome == Outcome::kHeld && complete == 0 ? Outcome::kThin : outcome;
}

Outcome incomplete_reports_are_lower_bounds() {
  const Wanted wanted{.faults = true, .searches = 2};
  unsigned incomplete = 0;
  const Outcome outcome =
      over_worlds("else peers within h hops are lower bounds", wanted,
                  [&incomplete](const Scenario&, const Played& played) {
                    for (const SearchTruth& truth : played.truth->searches()) {
                      if (truth.reports.empty()) continue;
                      incomplete += truth.reports[0].complete ? 0U : 1U;
                      for (unsigned hop = 1; hop <= 16; ++hop) {
                        RC_ASSERT(reported_within(truth.reports[0], hop) <= truth.within(hop));
                      }
                    }
                  });
  std::cout << "  incomplete reports: " << incomplete << '\n';
  return outcome == Outcome::kHeld && incomplete == 0 ? Outcome::kThin : outcome;
}

Outcome parents_never_give_up_before_their_children() {
  const Wanted wanted{};
  unsigned behind = 0;
  const Outcome outcome = over_worlds(
      "parents never give up before their children, also when one of these waits for ever", wanted,
      [&behind](const Scenario& scenario, const Played& played) {
        const SearchTruth& truth = played.truth->searches()[0];
        const Asked& asked = scenario.searches[0];
        const Friends& stuck = scenario.links[scenario.faults[0].victim];
        if (stuck.first == asked.origin) return;  // then the origin itself waits to the end
        if (stuck.second == asked.origin) return;
        const SearchReport& report = report_of(truth);
        behind += report.counts.unanswered > 0 ? 1U : 0U;
        RC_ASSERT(report.ended == EndReason::kAnswered);
        RC_ASSERT(report.complete == (report.counts.unanswered == 0));
      },
      [](Scenario& scenario) {
        Fault stall;
        stall.kind = Fault::Kind::kStall;
        stall.victim = static_cast<std::uint32_t>(
            *rc::gen::inRange<std::size_t>(0, scenario.links.size()).as("stalled link"));
        stall.learned = std::chrono::hours(1);
        scenario.faults.push_back(stall);
        scenario.lookup = scenario.lookup_jitter = {};
      });
  std::cout << "  with copies in the stalled link: " << behind << '\n';
  return outcome == Outcome::kHeld && behind == 0 ? Outcome::kThin : outcome;
}

Outcome without_echoes_a_search_ends_at_its_deadline_with_its_hits() {
  const Wanted wanted{.any_rule = false};
  return over_worlds(
      "without echoes a search ends at its deadline, counts nothing and still finds", wanted,
      [](const Scenario& scenario, const Played& played) {
        const SearchTruth& truth = played.truth->searches()[0];
        const SearchReport& report = report_of(truth);
        RC_ASSERT(report.ended == EndReason::kDeadline);
        RC_ASSERT(!report.counted && !report.complete);
        std::size_t holders = 0;
        for (std::uint32_t peer = 0; peer < scenario.peers; ++peer) {
          holders += truth.peers[peer].asked && scenario.shares[peer] ? 1U : 0U;
        }
        RC_ASSERT(report.hits == holders);
        RC_ASSERT(truth.found.size() == holders);
      },
      [](Scenario& scenario) { scenario.searches[0].echo = false; });
}

}  // namespace shoal::tests
