// SPDX-License-Identifier: Apache-2.0
// Judge: clauses of which only the end tells.
#include <algorithm>
#include <array>
#include <utility>

#include "sim/contract/judge.h"

namespace shoal::sim {
namespace {

struct ClauseText {
  Clause clause;
  std::string_view name;
  std::string_view words;
};

constexpr std::array<ClauseText, kClauses> kTexts{{
    {Clause::kAnswersOnce, "answers-once",
     "each asked peer looks among its files once, and the origin never"},
    {Clause::kEndsOnce, "ends-once", "every search ends with exactly one report"},
    {Clause::kEndsInTime, "ends-in-time", "every search ends within its time budget"},
    {Clause::kSilentAfterwards, "silent-afterwards", "no hit is handed out after the report"},
    {Clause::kCancelEndsIt, "cancel-ends-it",
     "a search that is taken back ends at once and goes quiet"},
    {Clause::kHonestNotStruck, "honest-not-struck",
     "whatever befalls honest peers, none of their messages is rejected"},
    {Clause::kOnlyAskedHolders, "only-asked-holders",
     "a hit comes from a holder that was asked, once, and never from the origin"},
    {Clause::kAllAskedHolders, "all-asked-holders",
     "where nothing befalls anybody, every asked holder is found"},
    {Clause::kHopsShrink, "hops-shrink", "each hop takes one from the TTL, which never grows"},
    {Clause::kCopiesBounded, "copies-bounded",
     "a search sends no more copies than its overlay states"},
    {Clause::kCompleteIsTrue, "complete-is-true",
     "a report that says complete counts what really happened"},
    {Clause::kTablesBounded, "tables-bounded",
     "no peer's tables grow over what its overlay states"},
    {Clause::kTablesEmptyAgain, "tables-empty-again",
     "when all searches are forgotten, tables are empty"},
    {Clause::kGoesQuiet, "goes-quiet", "when all searches are over, nothing happens any more"},
    {Clause::kStrangersChangeNothing, "strangers-change-nothing",
     "garbage, unsolicited answers and stale messages change nothing"},
    {Clause::kRunsEqually, "runs-equally", "equal runs have equal digests"},
    {Clause::kReachesWhatItPromises, "reaches-what-it-promises",
     "where nothing befalls anybody, a search asks whom its overlay promises to ask"},
}};

const ClauseText& text_of(Clause clause) {
  return *std::ranges::find(kTexts, clause, &ClauseText::clause);
}

std::string count(std::uint64_t number, std::string_view what) {
  return std::to_string(number) + " " + std::string(what);
}

bool ran_out_of_time(const SearchReport& said) {
  return said.ended == EndReason::kDeadline || said.counts.cut_by_budget > 0 ||
         said.counts.unsearched > 0;
}

}  // namespace

std::string_view name_of(Clause clause) { return text_of(clause).name; }
std::string_view words_of(Clause clause) { return text_of(clause).words; }

std::optional<Clause> clause_named(std::string_view name) {
  const auto* const at = std::ranges::find(kTexts, name, &ClauseText::name);
  return at == kTexts.end() ? std::nullopt : std::optional(at->clause);
}

std::uint64_t Judge::sent(std::size_t index) const {
  const SearchTruth& truth = truth_.searches()[index];
  return std::uint64_t{truth.copies} + truth.given_back + truth.lost;
}

std::uint64_t Judge::most(std::size_t index) const {
  return promises_->copies_max({facts_.degrees, lives_}, facts_.asks[index]);
}

void Judge::close(Instant now, bool quiet) {
  for (std::size_t index = 0; index < cases_.size(); ++index) check_end(now, index);
  if (rests() && !quiet) {
    report(Clause::kGoesQuiet, now, "something still happens when all has long been over");
  }
  const bool over = quiet || !rests();
  for (std::uint32_t peer = 0; over && peer < lives_.size(); ++peer) {
    const overlay::Node* const node = facts_.node(PeerRef{peer});
    if (node == nullptr) continue;
    const std::size_t most = promises_->idle_bytes(node->links().all().size());
    const std::size_t bytes = node->bytes() - (facts_.open ? node->membership().bytes() : 0);
    if (bytes <= most) continue;
    report(Clause::kTablesEmptyAgain, now,
           "peer " + std::to_string(peer) + " still holds " + count(bytes, "bytes") +
               ", an idle one at most " + std::to_string(most));
  }
}

void Judge::check_end(Instant now, std::size_t index) {
  const Case& one = cases_[index];
  const SearchTruth& truth = truth_.searches()[index];
  if (!one.started) return;
  if (sent(index) > most(index)) {
    report(
        Clause::kCopiesBounded, now,
        count(sent(index), "copies were sent, at most ") + std::to_string(most(index)) + " may be",
        index);
  }
  for (std::uint32_t peer = 0; peer < truth.peers.size(); ++peer) {
    if (truth.peers[peer].asked == (truth.peers[peer].lookups > 0)) continue;
    report(Clause::kAnswersOnce, now,
           "peer " + std::to_string(peer) +
               (truth.peers[peer].asked ? " was asked and did not look"
                                        : " looked and had not been asked"),
           index);
  }
  if (truth.origin_crashed) return;
  if (truth.reports.empty()) {
    return report(Clause::kEndsOnce, now, "it was started and never ended", index);
  }
  const SearchReport& said = truth.reports[0];
  if (said.complete) {
    const std::int64_t asked = truth.within(kFarAway);
    auto* const apart = promises_->counts_one_flood;
    const bool fewer = apart != nullptr && apart(facts_.asks[index]);
    if (said.peers_asked() > asked || (said.peers_asked() < asked && !fewer)) {
      report(Clause::kCompleteIsTrue, truth.ended[0],
             "its report says complete and " + std::to_string(said.peers_asked()) +
                 " peers asked, there were " + std::to_string(asked),
             index);
    }
    if (truth.lost > 0) {
      report(Clause::kCompleteIsTrue, truth.ended[0],
             "its report says complete, and " + count(truth.lost, "copies were lost"), index);
    }
  }
  if (!one.calm) return;
  check_all_found(now, index);
  if (one.taken_back) {
    if (!promises_->recalls) return;
    const Duration way = 2 * (facts_.asks[index].ttl + 1) * (one.calm->bound + Duration(1));
    if (truth.last_traffic > *one.taken_back + way + one.calm->lookup) {
      report(Clause::kCancelEndsIt, truth.last_traffic, "something of it was still on its way",
             index);
    }
    return;
  }
  check_reach(now, index);
}

void Judge::check_all_found(Instant now, std::size_t index) {
  const Ask& ask = facts_.asks[index];
  const SearchReport& said = truth_.searches()[index].reports[0];
  if (said.ended == EndReason::kEnough || said.ended == EndReason::kCancelled) return;
  if (!promises_->by_ttl && said.ended == EndReason::kDeadline) return;
  if (promises_->one_after_another && ran_out_of_time(said)) return;
  // What has no time to come back cannot be found.
  if (ask.lasts() < limits::default_budget(ask.ttl)) return;
  const Case& one = cases_[index];
  for (std::uint32_t peer = 0; peer < one.may.size(); ++peer) {
    if (one.may[peer] == 0 || one.found[peer] > 0 || peer == ask.origin) continue;
    if (promises_->reach(ask) == Reach::kHolder) continue;
    report(Clause::kAllAskedHolders, now,
           "peer " + std::to_string(peer) + " was asked, holds it, and was not found", index);
  }
}

void Judge::check_reach(Instant now, std::size_t index) {
  const Ask& ask = facts_.asks[index];
  const Case& one = cases_[index];
  const SearchTruth& truth = truth_.searches()[index];
  const SearchReport& said = truth.reports[0];
  const Reach reach = promises_->reach(ask);
  if (promises_->one_after_another && ran_out_of_time(said)) return;
  if (said.ended == EndReason::kEnough || ask.lasts() < limits::default_budget(ask.ttl)) return;
  const auto tell = [&](std::string words) {
    report(Clause::kReachesWhatItPromises, now, std::move(words), index);
  };
  bool somebody = false;
  bool holder = false;
  bool near = false;
  const bool spared = reach == Reach::kBallOrEnough && !truth.found.empty();
  for (std::uint32_t peer = 0; peer < truth.peers.size(); ++peer) {
    const SearchTruth::Peer& seen = truth.peers[peer];
    const bool inside = peer != ask.origin && one.calm->far[peer] <= ask.ttl;
    const std::string who = "peer " + std::to_string(peer);
    somebody = somebody || seen.asked;
    near = near || (peer != ask.origin && one.calm->far[peer] == 1);
    holder = holder ||
             (peer != ask.origin && one.calm->far[peer] != kFarAway && facts_.shares(index, peer));
    if (reach == Reach::kSomebody || reach == Reach::kHolder) continue;
    if (seen.asked && !inside) tell(who + " was asked and is not within TTL hops");
    if (reach == Reach::kPartOfBall || spared) continue;
    if (reach == Reach::kMatchingBall) {
      const bool needed = one.calm->far[peer] < ask.ttl || facts_.shares(index, peer);
      if (ask.rule == DuplicateRule::kClassic || (!seen.asked && !needed)) continue;
    }
    if (inside && !seen.asked) tell(who + " is within TTL hops and was not asked");
    if (inside && seen.asked && seen.hop != one.calm->far[peer]) {
      tell(who + " was asked at hop " + std::to_string(seen.hop) + " and is at hop " +
           std::to_string(one.calm->far[peer]));
    }
  }
  if (reach == Reach::kHolder) {
    if (holder && truth.found.empty()) tell("there is a holder and none was found");
    return;
  }
  if (near && !somebody && reach != Reach::kMatchingBall) tell("nobody was asked");
  const bool completes = promises_->completes == nullptr || promises_->completes(ask);
  if (promises_->counts_echoes && completes && ask.echo && !said.complete) {
    tell("its report does not say complete");
  }
}

}  // namespace shoal::sim
