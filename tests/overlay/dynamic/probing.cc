// SPDX-License-Identifier: Apache-2.0
#include "tests/overlay/dynamic/probing.h"

#include <rapidcheck.h>

#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "overlay/dynamic/dynamic.h"
#include "tests/overlay/report_checks.h"
#include "tests/support/class_shares.h"

namespace shoal::tests {
namespace {

/// What the origin sent at one time, and what had come of all that it sent before.
struct Round {
  std::set<PeerRef> to;
  unsigned ttl = 0;
  std::uint64_t asked = 0;
  std::uint64_t forwarded = 0;  ///< copies by others than the origin
  std::uint64_t senders = 0;    ///< peers that were nearer than the probe's last hop
  std::uint64_t hits = 0;
};

class Rounds final : public sim::Observer {
 public:
  explicit Rounds(const Scenario& scenario)
      : origin_{scenario.searches[0].origin},
        probe_ttl_(std::min<unsigned>((*scenario.parameters)[overlay::kDynamicProbeTtl],
                                      scenario.searches[0].ttl)) {}

  void on_delivery(Instant, PeerRef from, PeerRef to, const Message& message, Verdict,
                   const overlay::Effects& out) override {
    if (message.kind == MessageKind::kQuery) {
      if (from != origin_) ++forwarded_;
      if (to != origin_) {
        unsigned& hop = hops_.try_emplace(to, 255U).first->second;
        hop = std::min(hop, message.hops + 1U);
      }
      // Those of the probe are sent when the search starts, which nobody sees.
      if (from == origin_ && later.empty()) {
        probe.to.insert(to);
        probe.ttl = message.ttl;
      }
    }
    if (to != origin_) return;
    Round round;
    for (const overlay::Send& send : out.sends) {
      if (send.message.kind != MessageKind::kQuery) continue;
      round.to.insert(send.to);
      round.ttl = send.message.ttl;
    }
    if (round.to.empty()) return;
    round.asked = hops_.size();
    round.forwarded = forwarded_;
    round.hits = hits_;
    for (const auto& [peer, hop] : hops_) round.senders += hop < probe_ttl_ ? 1U : 0U;
    later.push_back(round);
  }
  void on_found(Instant, PeerRef, const overlay::Found&) override { ++hits_; }

  Round probe;
  std::vector<Round> later;

 private:
  PeerRef origin_;
  unsigned probe_ttl_;
  std::map<PeerRef, unsigned> hops_;
  std::uint64_t forwarded_ = 0;
  std::uint64_t hits_ = 0;
};

void by_probing(Scenario& scenario) {
  scenario.via = overlay::kDynamic;
  overlay::Parameters chosen = overlay::fallbacks(overlay::kDynamicParameters);
  chosen[overlay::kDynamicWanted] = *rc::gen::inRange(1U, 8U).as("wanted");
  chosen[overlay::kDynamicProbes] = *rc::gen::inRange(1U, 4U).as("probes");
  chosen[overlay::kDynamicProbeTtl] = *rc::gen::inRange(1U, 4U).as("probe ttl");
  chosen[overlay::kDynamicDegree] = *rc::gen::inRange(0U, 5U).as("degree");
  scenario.parameters = chosen;
  for (Asked& asked : scenario.searches) asked.budget = std::chrono::seconds(30);
}

/// The neighbours of the origin, with the hops that each was asked with, and whether it had a turn.
struct Neighbours {
  struct One {
    unsigned ttl = 0;
    bool turn = false;
  };
  std::map<PeerRef, One> all;
  unsigned ttl;

  explicit Neighbours(const Scenario& scenario) : ttl(scenario.searches[0].ttl) {
    const std::uint32_t origin = scenario.searches[0].origin;
    for (const Friends& link : scenario.links) {
      if (link.first == origin) all[PeerRef{link.second}];
      if (link.second == origin) all[PeerRef{link.first}];
    }
  }
  [[nodiscard]] std::size_t open() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(all, [this](const auto& one) { return one.second.ttl < ttl; }));
  }
  [[nodiscard]] std::size_t waiting() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        all, [this](const auto& one) { return one.second.ttl < ttl && !one.second.turn; }));
  }
  [[nodiscard]] bool any_new() const {
    return std::ranges::any_of(all, [](const auto& one) { return one.second.ttl == 0; });
  }
  void note(const Round& round, bool turn) {
    for (const PeerRef peer : round.to) all[peer] = {round.ttl, turn};
  }
};

using RoundCheck = std::function<void(const Scenario&, const Played&, const Rounds&)>;

Outcome over_rounds(const std::string& name, const RoundCheck& check) {
  ClassShares shares;
  const bool held = rc::check(name, [&] {
    Scenario scenario = draw_scenario({.any_rule = false});
    by_probing(scenario);
    RC_LOG() << scenario;
    Rounds rounds(scenario);
    const Played played = play(scenario, &rounds);
    shares.next_case();
    shares.mark("several rounds", rounds.later.size() > 1);
    shares.mark("unequal delays", scenario.delays_differ());
    const SearchReport& report = report_of(played.truth->searches()[0]);
    shares.mark("enough", report.ended == EndReason::kEnough);
    shares.mark("all asked", report.ended == EndReason::kAnswered);
    if (report.ended == EndReason::kDeadline || report.counts.cut_by_budget > 0) return;
    check(scenario, played, rounds);
  });
  if (!held) return Outcome::kFalsified;
  return shares.enough(name) ? Outcome::kHeld : Outcome::kThin;
}

/// The dumbest way to the fewest hops: try them.
unsigned hops_for(const Round& round, std::uint64_t wanted, std::uint64_t degree,
                  std::uint64_t links, unsigned most) {
  const std::uint64_t hits = std::max<std::uint64_t>(round.hits, 1);
  std::uint64_t reached = 0;
  std::uint64_t at_hop = 1;
  for (unsigned ttl = 1; ttl < most; ++ttl) {
    reached += at_hop;
    at_hop *= degree > 1 ? degree - 1 : 1;
    // Of so many, hits / asked hold something; over all links that is to be what is missing.
    if (reached * links * hits >= (wanted - round.hits) * std::max<std::uint64_t>(round.asked, 1)) {
      return ttl;
    }
  }
  return most;
}

}  // namespace

Outcome neighbours_have_their_turns() {
  return over_rounds(
      "dynamic: neighbours have their turns",
      [](const Scenario& scenario, const Played&, const Rounds& rounds) {
        Neighbours neighbours(scenario);
        const auto probes = (*scenario.parameters)[overlay::kDynamicProbes];
        RC_ASSERT(rounds.probe.to.size() == std::min<std::size_t>(probes, neighbours.all.size()));
        neighbours.note(rounds.probe, false);
        for (const Round& round : rounds.later) {
          const std::size_t waiting = neighbours.waiting();
          RC_ASSERT(round.to.size() == (waiting > 0 ? 1 : neighbours.open()));
          for (const PeerRef peer : round.to) {
            const auto& before = neighbours.all[peer];
            RC_ASSERT(before.ttl < round.ttl);
            if (waiting > 0) RC_ASSERT(!before.turn);
            if (neighbours.any_new()) RC_ASSERT(before.ttl == 0U);
          }
          neighbours.note(round, true);
        }
      });
}

Outcome hops_follow_from_what_was_found() {
  return over_rounds(
      "dynamic: hops follow from what was found",
      [](const Scenario& scenario, const Played&, const Rounds& rounds) {
        const overlay::Parameters& chosen = *scenario.parameters;
        const unsigned most = scenario.searches[0].ttl;
        Neighbours neighbours(scenario);
        RC_ASSERT(rounds.probe.ttl == std::min(chosen[overlay::kDynamicProbeTtl], most));
        neighbours.note(rounds.probe, false);
        std::uint64_t degree = chosen[overlay::kDynamicDegree];
        for (const Round& round : rounds.later) {
          if (degree == 0 && round.senders > 0 && round.forwarded > 0) {
            degree = 1 + (round.forwarded + round.senders - 1) / round.senders;
          } else if (degree == 0) {
            degree = rounds.probe.to.size() + 1;
          }
          const std::size_t waiting = neighbours.waiting();
          const std::size_t links = waiting > 0 ? waiting : neighbours.open();
          unsigned ttl = hops_for(round, chosen[overlay::kDynamicWanted], degree, links, most);
          for (const PeerRef peer : round.to) {
            ttl = std::max(ttl, std::min(neighbours.all[peer].ttl + 1, most));
          }
          RC_ASSERT(round.ttl == ttl);
          neighbours.note(round, true);
        }
      });
}

Outcome it_ends_with_what_was_wanted() {
  return over_rounds("dynamic: it ends with what was wanted",
                     [](const Scenario& scenario, const Played& played, const Rounds& rounds) {
                       const std::uint32_t wanted = (*scenario.parameters)[overlay::kDynamicWanted];
                       const Asked& asked = scenario.searches[0];
                       const SearchTruth& truth = played.truth->searches()[0];
                       const SearchReport& report = report_of(truth);
                       const auto far = distances(scenario, asked.origin,
                                                  std::vector<bool>(scenario.links.size(), true));
                       unsigned there = 0;
                       for (std::uint32_t peer = 0; peer < scenario.peers; ++peer) {
                         const bool inside = far[peer] > 0 && far[peer] <= asked.ttl;
                         there += inside && scenario.shares[peer] ? 1U : 0U;
                         if (report.ended == EndReason::kAnswered) {
                           RC_ASSERT(truth.peers[peer].asked == inside);
                         }
                       }
                       for (const Round& round : rounds.later) RC_ASSERT(round.hits < wanted);
                       RC_ASSERT(report.hits == std::min(wanted, there));
                       RC_ASSERT((report.ended == EndReason::kEnough) == (there >= wanted));
                     });
}

Outcome dynamic_reports_are_true() {
  unsigned complete = 0;
  const Outcome outcome = over_worlds(
      "dynamic: complete reports equal what the world saw, others stay below",
      {.faults = true, .searches = 2},
      [&](const Scenario&, const Played& played) {
        for (const SearchTruth& truth : played.truth->searches()) {
          if (truth.reports.empty()) continue;
          complete += truth.reports[0].complete ? 1U : 0U;
          if (truth.reports[0].complete) equals_the_truth(truth.reports[0], truth);
          stays_below_the_truth(truth.reports[0], truth);
        }
      },
      by_probing);
  std::cout << "  complete reports: " << complete << '\n';
  return outcome == Outcome::kHeld && complete == 0 ? Outcome::kThin : outcome;
}

}  // namespace shoal::tests
