// SPDX-License-Identifier: Apache-2.0
#include "tests/property/flood_properties.h"

#include <rapidcheck.h>

#include <algorithm>
#include <iostream>
#include <string>

#include "tests/property/intruder.h"
#include "tests/support/class_shares.h"
#include "tests/support/play.h"

namespace shoal::tests {
namespace {

using Check = std::function<void(const Scenario&, const Played&)>;

/// Runs `check` over drawn worlds, and sees to it that the hard classes were among them.
Outcome over_worlds(const std::string& name, const Wanted& wanted, const Check& check,
                    const std::function<void(Scenario&)>& adjust = nullptr) {
  ClassShares shares;
  const bool held = rc::check(name, [&] {
    Scenario scenario = draw_scenario(wanted);
    if (adjust) adjust(scenario);
    const Played played = play(scenario);
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
      shares.mark("overflow", played.given_back > 0);
    }
    RC_LOG() << scenario;
    check(scenario, played);
  });
  if (!held) return Outcome::kFalsified;
  return shares.enough(name) ? Outcome::kHeld : Outcome::kThin;
}

std::vector<unsigned> all_distances(const Scenario& scenario, std::uint32_t origin) {
  return distances(scenario, origin, std::vector<bool>(scenario.links.size(), true));
}

const SearchReport& report_of(const SearchTruth& truth) {
  RC_ASSERT(truth.reports.size() == 1U);
  return truth.reports[0];
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

Outcome each_peer_answers_a_query_once() {
  const Wanted wanted{.faults = true, .searches = 2};
  return over_worlds("each peer answers a query once, and the origin never", wanted,
                     [](const Scenario&, const Played& played) {
                       for (const SearchTruth& truth : played.truth->searches()) {
                         for (const SearchTruth::Peer& peer : truth.peers) {
                           RC_ASSERT(peer.lookups == (peer.asked ? 1U : 0U));
                         }
                         RC_ASSERT(truth.peers[truth.origin].lookups == 0U);
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

Outcome every_search_ends_once_in_time_and_is_then_silent() {
  const Wanted wanted{.faults = true, .searches = 2};
  return over_worlds(
      "every search ends with one report, in time, and no Found after it", wanted,
      [](const Scenario& scenario, const Played& played) {
        RC_ASSERT(played.quiet);
        for (std::size_t i = 0; i < scenario.searches.size(); ++i) {
          const Asked& asked = scenario.searches[i];
          const SearchTruth& truth = played.truth->searches()[i];
          RC_ASSERT(truth.found_after_finished == 0U);
          RC_ASSERT(truth.reports.size() <= 1U);
          if (played.refused[i] || !played.world->alive(PeerRef{asked.origin})) continue;
          const Duration budget =
              asked.budget == Duration{} ? limits::default_budget(asked.ttl) : asked.budget;
          RC_ASSERT(report_of(truth).took <= budget);
        }
      },
      [](Scenario& scenario) {
        scenario.searches[0].enough =
            static_cast<std::uint32_t>(*rc::gen::inRange(0, 3).as("enough"));
        if (*rc::gen::inRange(0, 2).as("short budget") == 0) {
          scenario.searches[1].budget = milliseconds(*rc::gen::inRange(1, 300).as("budget"));
        }
      });
}

Outcome no_honest_peer_is_ever_struck() {
  const Wanted wanted{.faults = true, .searches = 2};
  return over_worlds(
      "whatever befalls honest peers, none of their messages is rejected", wanted,
      [](const Scenario&, const Played& played) { RC_ASSERT(played.truth->rejected() == 0U); });
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

Outcome what_nobody_asked_for_changes_nothing() {
  unsigned unsolicited = 0;
  const bool held = rc::check("an answer or a cancel that fits no open copy changes nothing", [&] {
    const Scenario scenario = draw_scenario({.any_rule = false});
    RC_LOG() << scenario;
    Intruder intruder = draw_intruder(scenario);
    const Played played = play(scenario, &intruder, [&](sim::World& world) {
      world.at(Instant(intruder.at), [&] { intruder.intrude(world); });
    });
    if (!intruder.intruded) return;
    ++unsolicited;
    RC_ASSERT(intruder.verdict != Verdict::kAccept);
    RC_ASSERT(intruder.no_effect);
    const Played without = play(scenario);
    const SearchReport& expected = report_of(without.truth->searches()[0]);
    const SearchReport& got = report_of(played.truth->searches()[0]);
    RC_ASSERT(got.counts == expected.counts);
    RC_ASSERT(got.hits == expected.hits && got.ended == expected.ended);
  });
  std::cout << "  unsolicited messages: " << unsolicited << '\n';
  if (!held) return Outcome::kFalsified;
  return unsolicited > 0 ? Outcome::kHeld : Outcome::kThin;
}

Outcome every_asked_holder_is_found_and_nobody_else() {
  const Wanted wanted{};
  return over_worlds(
      "without faults every asked holder is found once, and nobody else", wanted,
      [](const Scenario& scenario, const Played& played) {
        const SearchTruth& truth = played.truth->searches()[0];
        std::vector<unsigned> found(scenario.peers);
        for (const overlay::Found& hit : truth.found) {
          const auto& body = hit.hit.ref<HitBody>();
          for (std::uint32_t peer = 0; peer < scenario.peers; ++peer) {
            if (played.world->id_of(PeerRef{peer}) == body.holder) ++found[peer];
          }
          RC_ASSERT(body.files == std::vector<HitFile>{wanted_file()});
          RC_ASSERT(hit.hops >= 1U && hit.hops <= scenario.searches[0].ttl);
        }
        for (std::uint32_t peer = 0; peer < scenario.peers; ++peer) {
          RC_ASSERT(found[peer] == (truth.peers[peer].asked && scenario.shares[peer] ? 1U : 0U));
        }
        RC_ASSERT(report_of(truth).hits == truth.found.size());
      });
}

Outcome a_search_that_is_taken_back_goes_quiet_and_leaves_nothing() {
  const Wanted wanted{.faults = true, .searches = 2};
  return over_worlds(
      "a search that is taken back ends at once, goes quiet, and leaves no table behind", wanted,
      [](const Scenario& scenario, const Played& played) {
        const Asked& asked = scenario.searches[0];
        const SearchTruth& truth = played.truth->searches()[0];
        if (!truth.reports.empty() && truth.reports[0].ended == EndReason::kCancelled) {
          RC_ASSERT(truth.reports[0].took == *asked.cancelled);
        }
        RC_ASSERT(played.quiet);
        for (std::uint32_t peer = 0; peer < scenario.peers; ++peer) {
          const PeerRef ref{peer};
          if (!played.world->alive(ref)) continue;
          RC_ASSERT(played.world->node(ref).bytes() <=
                    600 + 16 * played.world->node(ref).links().all().size());
        }
      },
      [](Scenario& scenario) {
        scenario.searches[0].cancelled = milliseconds(*rc::gen::inRange(0, 300).as("cancelled"));
      });
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

Outcome equal_worlds_run_equally() {
  const Wanted wanted{.faults = true, .searches = 2};
  return over_worlds("equal worlds run equally", wanted,
                     [](const Scenario& scenario, const Played& played) {
                       const Played again = play(scenario);
                       RC_ASSERT(again.world->digest() == played.world->digest());
                       RC_ASSERT(again.world->deliveries() == played.world->deliveries());
                     });
}

}  // namespace shoal::tests
