// SPDX-License-Identifier: Apache-2.0
#include "tests/overlay/walk/walk_properties.h"

#include <rapidcheck.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "overlay/walk/walk.h"
#include "proto/types/rng.h"

namespace shoal::tests {
namespace {

using overlay::Walker;

/// One step of a walker, as it arrived.
struct Step {
  PeerRef from;
  PeerRef to;
  Walker walker;
};

/// Every walker's steps, in order, and what went between them and the origin.
class Steps final : public sim::Observer {
 public:
  explicit Steps(const Scenario& scenario)
      : origin_(scenario.searches[0].origin), enough_(std::max(1U, scenario.searches[0].enough)) {}

  void on_delivery(Instant, PeerRef from, PeerRef to, const Message& message, Verdict,
                   const overlay::Effects&) override {
    const auto* const body = message.body.as<OpaqueBody>();
    if (body == nullptr) return;
    if (message.kind == overlay::kWalkStep) {
      const Walker walker = *overlay::decode_walker(*body);
      auto& walk = walks[walker.number];
      const unsigned taken = walker.tally.taken;
      const bool home = !walk.empty() && walk.back().to == origin_;
      unasked = unasked || (walker.asks_back && overlay::asks_at(taken) && !home &&
                            !asked_.contains({walker.number, taken}));
      const auto told = stopped_.find(walker.number);
      went_on = went_on || (told != stopped_.end() && taken >= told->second);
      walk.push_back({from, to, walker});
    } else if (message.kind == overlay::kWalkAsks) {
      const auto news = *overlay::decode_news(message.kind, *body);
      asked_.emplace(news.number, news.tally.taken);
      if (to == origin_ && (found_ >= enough_ || over_)) {
        stopped_[news.number] = news.tally.taken;
        ++stops;
      }
    } else if (message.kind == overlay::kWalkEnded) {
      const auto news = *overlay::decode_news(message.kind, *body);
      if (to == origin_) ++ends[news.number];
      if (news.tally.taken != walks[news.number].size()) wrong_count = true;
    }
  }
  void on_found(Instant, PeerRef, const overlay::Found&) override { ++found_; }
  void on_finished(Instant, PeerRef, const overlay::Finished&) override { over_ = true; }

  std::map<unsigned, std::vector<Step>> walks;
  std::map<unsigned, unsigned> ends;  ///< that came to the origin
  unsigned stops = 0;                 ///< words to stop
  bool unasked = false;               ///< a walker passed a place to ask without asking
  bool went_on = false;               ///< a walker that was told to stop
  bool wrong_count = false;           ///< a walker's end says another number of steps

 private:
  PeerRef origin_;
  unsigned enough_;
  unsigned found_ = 0;
  bool over_ = false;
  std::set<std::pair<unsigned, unsigned>> asked_;
  std::map<unsigned, unsigned> stopped_;
};

struct WalkDrawn {
  Scenario scenario;
  std::uint32_t walkers = 0;
  std::uint32_t steps = 0;
};

/// Equal short delays, so that every walk has the time it needs.
WalkDrawn draw_walk(bool faults) {
  WalkDrawn drawn;
  Scenario& scenario = drawn.scenario;
  scenario = draw_scenario({.faults = faults, .one_delay = true, .any_rule = false});
  scenario.via = overlay::kWalk;
  scenario.searches[0].ttl = 15;
  scenario.searches[0].enough = *rc::gen::inRange<std::uint32_t>(0, 4).as("enough");
  auto& values = scenario.parameters.emplace(overlay::fallbacks(overlay::kWalkParameters));
  drawn.walkers = *rc::gen::inRange<std::uint32_t>(1, 7).as("walkers");
  drawn.steps = *rc::gen::inRange<std::uint32_t>(1, 80).as("steps");
  values[overlay::kWalkers] = drawn.walkers;
  values[overlay::kSteps] = drawn.steps;
  values[overlay::kVariant] = *rc::gen::inRange<std::uint32_t>(0, 2).as("nbt");
  values[overlay::kCheckBack] = *rc::gen::inRange<std::uint32_t>(0, 2).as("check back");
  RC_LOG() << scenario;
  return drawn;
}

/// Where a walker that has come over a link must go next: the dumbest statement of it.
PeerRef next_of(const Step& step, const sim::World& world, std::uint64_t& random) {
  std::vector<PeerRef> ways;
  for (const overlay::Link& link : world.node(step.to).links().all()) ways.push_back(link.peer);
  if (!step.walker.backtracks && ways.size() > 1) std::erase(ways, step.from);
  Rng rng(step.walker.random);
  const PeerRef next = ways[rng.below(ways.size())];
  random = rng.state();
  return next;
}

void walks_as_its_dice_say(const std::vector<Step>& walk, const WalkDrawn& drawn,
                           const sim::World& world) {
  const Scenario& scenario = drawn.scenario;
  for (std::size_t i = 0; i < walk.size(); ++i) {
    const Walker& walker = walk[i].walker;
    RC_ASSERT(walker.left == drawn.steps - i - 1);
    RC_ASSERT(walker.tally.taken == i);
    if (i == 0) continue;
    const Step& before = walk[i - 1];
    RC_ASSERT(walk[i].from == before.to);
    std::uint64_t random = 0;
    RC_ASSERT(walk[i].to == next_of(before, world, random));
    RC_ASSERT(walker.random == random);
    const std::uint32_t at = before.to.value;
    RC_ASSERT(walker.goes_on || at == scenario.searches[0].origin || !scenario.shares[at]);
  }
}

Outcome outcome(bool held) { return held ? Outcome::kHeld : Outcome::kFalsified; }

}  // namespace

Outcome every_step_is_the_one_that_its_dice_say() {
  return outcome(rc::check("every step of a walk is the one that its dice say", [] {
    const WalkDrawn drawn = draw_walk(false);
    const Scenario& scenario = drawn.scenario;
    Steps steps(scenario);
    const Played played = play(scenario, &steps);
    RC_ASSERT(steps.walks.size() == drawn.walkers);
    std::set<std::uint64_t> dice;
    for (const auto& [number, walk] : steps.walks) {
      walks_as_its_dice_say(walk, drawn, *played.world);
      dice.insert(walk[0].walker.random);
    }
    RC_ASSERT(dice.size() == drawn.walkers);
    const SearchReport& report = report_of(played.truth->searches()[0]);
    if (report.ended == EndReason::kEnough) return;
    // Nothing stood in the way of any end.
    RC_ASSERT(report.ended == EndReason::kAnswered && report.complete);
    const bool asks = (*scenario.parameters)[overlay::kCheckBack] == 1;
    for (const auto& [number, walk] : steps.walks) {
      const Step& last = walk.back();
      const std::uint32_t at = last.to.value;
      const bool found = at != scenario.searches[0].origin && scenario.shares[at];
      RC_ASSERT(asks || found || last.walker.left == 0);
    }
  }));
}

Outcome complete_reports_of_walks_equal_what_the_world_saw() {
  unsigned complete = 0;
  const bool held = rc::check("a walk's complete report equals what the world saw", [&complete] {
    const WalkDrawn drawn = draw_walk(true);
    Steps steps(drawn.scenario);
    const Played played = play(drawn.scenario, &steps);
    const SearchTruth& truth = played.truth->searches()[0];
    if (truth.reports.empty() || !truth.reports[0].complete) return;
    ++complete;
    const SearchReport& report = truth.reports[0];
    RC_ASSERT(report.counts.copies == truth.copies);
    RC_ASSERT(report.counts.duplicates == truth.duplicates);
    RC_ASSERT(report.counts.dropped == truth.given_back);
    RC_ASSERT(report.counts.unanswered == 0U);
    std::int64_t within = 0;
    for (std::size_t i = 0; i < report.counts.peers_by_hop.size(); ++i) {
      within += report.counts.peers_by_hop[i];
      RC_ASSERT(within == truth.within(static_cast<unsigned>(report.counts.first_hop + i)));
    }
    RC_ASSERT(!steps.wrong_count);
  });
  return held && complete < 100 ? Outcome::kThin : outcome(held);
}

Outcome walkers_ask_back_and_stop_when_there_is_enough() {
  unsigned stops = 0;
  const bool held = rc::check("walkers ask back, and stop when there is enough", [&stops] {
    WalkDrawn drawn = draw_walk(false);
    (*drawn.scenario.parameters)[overlay::kCheckBack] = 1;
    (*drawn.scenario.parameters)[overlay::kSteps] += 20;  // else few come to ask
    drawn.scenario.searches[0].enough = std::max(1U, drawn.scenario.searches[0].enough);
    Steps steps(drawn.scenario);
    const Played played = play(drawn.scenario, &steps);
    RC_ASSERT(!steps.unasked);
    RC_ASSERT(!steps.went_on);
    stops += steps.stops;
  });
  std::cout << "  told to stop: " << stops << '\n';
  return held && stops < 40 ? Outcome::kThin : outcome(held);
}

Outcome under_faults_no_walker_is_counted_twice() {
  unsigned unanswered = 0;
  const bool held = rc::check("no walker ends twice, and each is accounted for", [&unanswered] {
    const WalkDrawn drawn = draw_walk(true);
    Steps steps(drawn.scenario);
    const Played played = play(drawn.scenario, &steps);
    for (const auto& [number, times] : steps.ends) RC_ASSERT(times == 1U);
    const SearchTruth& truth = played.truth->searches()[0];
    if (truth.reports.empty()) return;
    const SearchReport& report = truth.reports[0];
    RC_ASSERT(report.counts.unanswered <= drawn.walkers);
    std::uint32_t walkers = 0;
    for (const ReportNote& note : report.notes) walkers += note.count;
    RC_ASSERT(walkers == drawn.walkers);
    RC_ASSERT(report.complete == (report.ended == EndReason::kAnswered) ||
              report.ended == EndReason::kNobody);
    RC_ASSERT(report.ended != EndReason::kAnswered || report.counts.unanswered == 0U);
    RC_ASSERT(report.ended != EndReason::kDeadline || report.counts.unanswered > 0U);
    RC_ASSERT(report.counts.copies <= truth.copies);
    unanswered += report.counts.unanswered;
  });
  return held && unanswered < 100 ? Outcome::kThin : outcome(held);
}

}  // namespace shoal::tests
