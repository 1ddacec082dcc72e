// SPDX-License-Identifier: Apache-2.0
#include "tests/overlay/ring/rings.h"

#include <rapidcheck.h>

#include <algorithm>
#include <iostream>
#include <numeric>
#include <string>
#include <vector>

#include "overlay/ring/ring.h"
#include "tests/overlay/report_checks.h"

namespace shoal::tests {
namespace {

std::string named(Manner manner, const std::string& what) {
  return (manner == Manner::kRestart ? "restart: " : "quiet: ") + what;
}

/// A search by drawn rings, with time for all of them.
void by_rings(Scenario& scenario, Manner manner) {
  scenario.via = overlay::kRing;
  const auto* const entry = overlay::find_in(overlay::registry(), overlay::kRing);
  overlay::Parameters chosen = overlay::fallbacks(entry->parameters);
  chosen[overlay::kRingFirst] = *rc::gen::inRange(1U, 5U).as("first");
  chosen[overlay::kRingGrow] = *rc::gen::inRange(1U, 5U).as("grow");
  chosen[overlay::kRingRestart] = manner == Manner::kRestart ? 1 : 0;
  scenario.parameters = chosen;
  for (Asked& asked : scenario.searches) {
    asked.rule = DuplicateRule::kDeepest;
    asked.budget = std::chrono::seconds(30);
  }
}

/// The oracle: rings over distances, one after the other.
struct Rings {
  std::vector<unsigned> far;
  std::vector<unsigned> ttls;  ///< of the rings that are made
  bool spared = false;         ///< a further one was not needed

  Rings(const Scenario& scenario, std::uint32_t wanted) {
    const Asked& asked = scenario.searches[0];
    far = distances(scenario, asked.origin, std::vector<bool>(scenario.links.size(), true));
    unsigned ttl = (*scenario.parameters)[overlay::kRingFirst];
    for (;;) {
      ttl = std::min<unsigned>(ttl, asked.ttl);
      ttls.push_back(ttl);
      if (ttl == asked.ttl) return;
      spared = holders(scenario, ttl) >= wanted;
      if (spared) return;
      ttl += (*scenario.parameters)[overlay::kRingGrow];
    }
  }
  [[nodiscard]] unsigned holders(const Scenario& scenario, unsigned ttl) const {
    unsigned count = 0;
    for (std::size_t peer = 0; peer < far.size(); ++peer) {
      count += far[peer] > 0 && far[peer] <= ttl && scenario.shares[peer] ? 1U : 0U;
    }
    return count;
  }
  [[nodiscard]] std::int64_t within(unsigned ttl) const {
    return std::ranges::count_if(far, [ttl](unsigned d) { return d > 0 && d <= ttl; });
  }
};

/// D0 + the sum over 1 <= k < ttl of (Dk - nk), nk peers with a degree sum of Dk being k hops away.
std::uint64_t flood_copies(const Scenario& scenario, const std::vector<unsigned>& far,
                           unsigned ttl) {
  std::uint64_t sum = 0;
  for (const Friends& link : scenario.links) {
    for (const std::uint32_t end : {link.first, link.second}) sum += far[end] < ttl ? 1U : 0U;
  }
  return sum - static_cast<std::uint64_t>(
                   std::ranges::count_if(far, [ttl](unsigned d) { return d > 0 && d < ttl; }));
}

}  // namespace

Outcome rings_grow_until_one_finds_something(Manner manner) {
  unsigned spared = 0;
  unsigned grown = 0;
  const Outcome outcome = over_worlds(
      named(manner, "rings grow until one finds something"), {.any_rule = false},
      [&](const Scenario& scenario, const Played& played) {
        const Rings rings(scenario, 1);
        const SearchTruth& truth = played.truth->searches()[0];
        const SearchReport& report = report_of(truth);
        const unsigned last = rings.ttls.back();
        for (std::uint32_t peer = 0; peer < scenario.peers; ++peer) {
          const bool inside = rings.far[peer] > 0 && rings.far[peer] <= last;
          RC_ASSERT(truth.peers[peer].asked == inside);
        }
        for (unsigned hop = 1; hop <= 16; ++hop) {
          RC_ASSERT(reported_within(report, hop) == rings.within(std::min(hop, last)));
        }
        RC_ASSERT(report.complete);
        RC_ASSERT(report.ttl == last);
        RC_ASSERT(report.hits == rings.holders(scenario, last));
        RC_ASSERT(report.ended == (rings.spared ? EndReason::kEnough : EndReason::kAnswered));
        spared += rings.spared ? 1U : 0U;
        grown += rings.ttls.size() > 1 ? 1U : 0U;
      },
      [&](Scenario& scenario) { by_rings(scenario, manner); });
  std::cout << "  spared a ring: " << spared << ", more than one ring: " << grown << '\n';
  return outcome == Outcome::kHeld && (spared == 0 || grown == 0) ? Outcome::kThin : outcome;
}

Outcome copies_are_those_of_a_flood_for_each_ring(Manner manner) {
  return over_worlds(
      named(manner, "copies are those of a flood for each ring"), {.one_delay = true},
      [](const Scenario& scenario, const Played& played) {
        const Rings rings(scenario, 1);
        std::uint64_t copies = 0;
        for (const unsigned ttl : rings.ttls) copies += flood_copies(scenario, rings.far, ttl);
        const SearchTruth& truth = played.truth->searches()[0];
        RC_ASSERT(truth.copies == copies);
        RC_ASSERT(report_of(truth).counts.copies == copies);
      },
      [&](Scenario& scenario) { by_rings(scenario, manner); });
}

Outcome inner_peers_are_looked_up_as_the_manner_says(Manner manner) {
  unsigned saved = 0;
  const Outcome outcome = over_worlds(
      named(manner, "inner peers are looked up once, or once a ring"), {.any_rule = false},
      [&](const Scenario& scenario, const Played& played) {
        const Rings rings(scenario, 1);
        std::int64_t every_ring = 0;
        for (const unsigned ttl : rings.ttls) every_ring += rings.within(ttl);
        const std::int64_t once = rings.within(rings.ttls.back());
        RC_ASSERT(played.truth->searches()[0].lookups ==
                  (manner == Manner::kRestart ? every_ring : once));
        saved += every_ring > once ? 1U : 0U;
      },
      [&](Scenario& scenario) { by_rings(scenario, manner); });
  std::cout << "  searches where it makes a difference: " << saved << '\n';
  return outcome == Outcome::kHeld && saved == 0 ? Outcome::kThin : outcome;
}

Outcome rings_grow_until_enough_is_found(Manner manner) {
  unsigned over_rings = 0;
  const Outcome outcome = over_worlds(
      named(manner, "rings grow until enough is found"), {.any_rule = false},
      [&](const Scenario& scenario, const Played& played) {
        const Asked& asked = scenario.searches[0];
        const Rings rings(scenario, asked.enough);
        const SearchTruth& truth = played.truth->searches()[0];
        const SearchReport& report = report_of(truth);
        const unsigned there = rings.holders(scenario, asked.ttl);
        RC_ASSERT(report.hits == truth.found.size());
        RC_ASSERT(report.hits >= std::min(asked.enough, there));
        RC_ASSERT(report.ttl == rings.ttls.back());
        if (there < asked.enough) RC_ASSERT(report.ended == EndReason::kAnswered);
        std::vector<PeerId> holders;
        for (const overlay::Found& found : truth.found) {
          holders.push_back(found.hit.ref<HitBody>().holder);
        }
        std::ranges::sort(holders);
        RC_ASSERT(std::ranges::adjacent_find(holders) == holders.end());
        const bool grown = rings.ttls.size() > 1 && rings.holders(scenario, rings.ttls[0]) > 0;
        over_rings += grown ? 1U : 0U;
      },
      [&](Scenario& scenario) {
        by_rings(scenario, manner);
        scenario.searches[0].enough = *rc::gen::inRange(2U, 7U).as("enough");
      });
  std::cout << "  found over several rings: " << over_rings << '\n';
  return outcome == Outcome::kHeld && over_rings == 0 ? Outcome::kThin : outcome;
}

Outcome complete_ring_reports_equal_what_the_world_saw(Manner manner) {
  unsigned complete = 0;
  const Outcome outcome = over_worlds(
      named(manner, "a ring report that says complete equals what the world saw"),
      {.faults = true, .searches = 2},
      [&](const Scenario&, const Played& played) {
        for (const SearchTruth& truth : played.truth->searches()) {
          if (truth.reports.empty() || !truth.reports[0].complete) continue;
          ++complete;
          equals_the_truth(truth.reports[0], truth);
        }
      },
      [&](Scenario& scenario) { by_rings(scenario, manner); });
  std::cout << "  complete reports: " << complete << '\n';
  return outcome == Outcome::kHeld && complete == 0 ? Outcome::kThin : outcome;
}

Outcome other_ring_reports_are_lower_bounds(Manner manner) {
  unsigned incomplete = 0;
  const Outcome outcome = over_worlds(
      named(manner, "else peers within h hops are lower bounds"), {.faults = true, .searches = 2},
      [&](const Scenario&, const Played& played) {
        for (const SearchTruth& truth : played.truth->searches()) {
          if (truth.reports.empty()) continue;
          incomplete += truth.reports[0].complete ? 0U : 1U;
          stays_below_the_truth(truth.reports[0], truth);
        }
      },
      [&](Scenario& scenario) { by_rings(scenario, manner); });
  std::cout << "  incomplete reports: " << incomplete << '\n';
  return outcome == Outcome::kHeld && incomplete == 0 ? Outcome::kThin : outcome;
}

Outcome without_echoes_rings_share_the_time(Manner manner) {
  return over_worlds(
      named(manner, "without echoes rings share the time, and find what they reach"),
      {.one_delay = true},
      [](const Scenario& scenario, const Played& played) {
        const Rings rings(scenario, 1);
        const SearchReport& report = report_of(played.truth->searches()[0]);
        RC_ASSERT(!report.counted && !report.complete);
        RC_ASSERT(report.ttl == rings.ttls.back());
        RC_ASSERT(report.hits == rings.holders(scenario, rings.ttls.back()));
        const bool spared = rings.spared;
        RC_ASSERT(report.ended == (spared ? EndReason::kEnough : EndReason::kDeadline));
      },
      [&](Scenario& scenario) {
        by_rings(scenario, manner);
        scenario.searches[0].echo = false;
      });
}

}  // namespace shoal::tests
