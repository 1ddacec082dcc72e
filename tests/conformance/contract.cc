// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/contract.h"

#include <rapidcheck.h>

#include <algorithm>
#include <iostream>
#include <string>

namespace shoal::tests {
namespace {

using sim::Clause;

/// Peers of an open network have neighbours after that time.
constexpr Duration kNeighboursFound = std::chrono::seconds(20);

/// A property that never came near to what it forbids says nothing.
struct Near {
  std::uint64_t copies = 0;
  std::uint64_t at_bound = 0;   ///< searches that sent as many copies as they may
  std::uint64_t complete = 0;   ///< reports
  std::uint64_t cancelled = 0;  ///< the same
  std::uint64_t found = 0;
  std::size_t fullest = 0;  ///< percent of the bound on tables

  void look_at(const Scenario& scenario, const Played& played) {
    fullest = std::max(fullest, played.judge->fullest());
    for (std::size_t i = 0; i < scenario.searches.size(); ++i) {
      const sim::SearchTruth& truth = played.truth->searches()[i];
      copies += truth.copies;
      found += truth.found.size();
      if (!played.judge->started(i)) continue;
      at_bound += played.judge->sent(i) == played.judge->most(i) ? 1U : 0U;
      if (truth.reports.empty()) continue;
      complete += truth.reports[0].complete ? 1U : 0U;
      cancelled += truth.reports[0].ended == EndReason::kCancelled ? 1U : 0U;
    }
  }
  [[nodiscard]] bool enough(Clause clause, const sim::Promises& promises) const {
    std::cout << "  " << copies << " copies, " << at_bound << " searches at their bound, "
              << complete << " complete reports, " << cancelled << " cancelled, " << found
              << " hits, fullest peer " << fullest << " % of its bound\n";
    switch (clause) {
      case Clause::kCopiesBounded:
        return at_bound > 0;
      case Clause::kCompleteIsTrue:
        return (complete > 0) == promises.counts_echoes;
      case Clause::kTablesBounded:
        return fullest >= 50;
      case Clause::kCancelEndsIt:
        return cancelled > 0;
      case Clause::kAllAskedHolders:
      case Clause::kOnlyAskedHolders:
      case Clause::kSilentAfterwards:
        return found > 0;
      default:
        return copies > 0;
    }
  }
};

Wanted wanted_for(Clause clause) {
  switch (clause) {
    case Clause::kAllAskedHolders:
    case Clause::kReachesWhatItPromises:
      return {.open = true};
    case Clause::kTablesBounded:
    case Clause::kTablesEmptyAgain:
    case Clause::kGoesQuiet:
      return {.faults = true, .searches = 3, .open = true};
    default:
      return {.faults = true, .searches = 2, .open = true};
  }
}

void adjust_for(Clause clause, Scenario& scenario) {
  std::vector<Asked>& searches = scenario.searches;
  if (clause == Clause::kCancelEndsIt || clause == Clause::kTablesEmptyAgain) {
    searches[0].cancelled = milliseconds(*rc::gen::inRange(0, 300).as("cancelled"));
    // One world in eight has no faults. What is taken back fills fewer queues: these are shorter.
    if (*rc::gen::inRange(0, 3).as("no queues") > 0) scenario.queue_messages = 0;
  }
  if (clause == Clause::kEndsOnce || clause == Clause::kEndsInTime ||
      clause == Clause::kSilentAfterwards) {
    searches[0].enough = static_cast<std::uint32_t>(*rc::gen::inRange(0, 3).as("enough"));
    if (*rc::gen::inRange(0, 2).as("short budget") == 0) {
      searches[1].budget = milliseconds(*rc::gen::inRange(1, 300).as("budget"));
    }
  }
}

}  // namespace

std::vector<Subject> all_subjects() {
  std::vector<Subject> subjects;
  for (const overlay::OverlayEntry& entry : overlay::registry()) {
    const sim::Promises* const promises = sim::promises_of(entry.id);
    const std::string name(entry.name);
    if (promises == nullptr || promises->manners.empty()) {
      subjects.push_back({entry.id, name});
      continue;
    }
    for (const sim::Manner& manner : promises->manners) {
      const std::string more = manner.name.empty() ? "" : "_" + std::string(manner.name);
      subjects.push_back({entry.id, name + more, manner.adapt});
    }
  }
  return subjects;
}

Subject subject_of(OverlayId via) {
  const std::vector<Subject> subjects = all_subjects();
  return *std::ranges::find(subjects, via, &Subject::via);
}

void adapt(const Subject& subject, Scenario& scenario) {
  scenario.via = subject.via;
  const sim::Promises* const promises = sim::promises_of(subject.via);
  scenario.starts = promises == nullptr ? Duration{} : promises->settles;
  if (overlay::find_in(overlay::registry(), subject.via)->asks_directly) scenario.open.reset();
  if (scenario.open) scenario.starts = kNeighboursFound;
  for (Asked& asked : scenario.searches) asked.at += scenario.starts;
  for (Fault& fault : scenario.faults) fault.at += scenario.starts;
  if (subject.adapt == nullptr) return;
  for (Asked& asked : scenario.searches) subject.adapt(asked);
}

Outcome holds(const Subject& subject, Clause clause, Driver driver) {
  const sim::Promises* const promises = sim::promises_of(subject.via);
  const std::string name = subject.name + ": " + std::string(sim::words_of(clause)) +
                           (driver == Driver::kEngine ? " (on the engine)" : "");
  Near near;
  const Outcome outcome = over_worlds(
      name, wanted_for(clause),
      [&](const Scenario& scenario, const Played& played) {
        near.look_at(scenario, played);
        if (clause == Clause::kRunsEqually) {
          const Played again = driver == Driver::kWorld ? play(scenario) : play_on_engine(scenario);
          RC_ASSERT(again.digest() == played.digest());
          RC_ASSERT(again.deliveries() == played.deliveries());
        }
        if (const sim::Breach* const breach = played.judge->first(clause)) RC_FAIL(breach->words);
      },
      [&](Scenario& scenario) {
        adapt(subject, scenario);
        adjust_for(clause, scenario);
      },
      driver);
  if (outcome != Outcome::kHeld || near.enough(clause, *promises)) return outcome;
  std::cerr << name << ": no case came near to what this forbids\n";
  return Outcome::kThin;
}

}  // namespace shoal::tests
