// SPDX-License-Identifier: Apache-2.0
// Walk: this peer's own searches.
#include <algorithm>
#include <string>
#include <utility>

#include "overlay/walk/faults.h"
#include "overlay/walk/walk.h"
#include "proto/types/limits.h"

namespace shoal::overlay {
namespace {

tl::unexpected<Error> not_started(Errc code, std::string why, std::string next = {}) {
  return fail(code, "the search was not started", std::move(why), std::move(next));
}

std::string ms_text(Duration time) { return std::to_string(to_ms(time)) + " ms"; }

/// The walker that sets out as number `number`.
Walker first_of(const SearchRequest& request, std::uint8_t number, std::uint64_t random) {
  const Parameters& values = *request.parameters;
  Walker walker;
  walker.number = number;
  walker.backtracks = values[kVariant] == 0;
  walker.asks_back = values[kCheckBack] == 1;
  walker.goes_on = walker.asks_back && request.enough > 1;
  walker.left = static_cast<std::uint16_t>(values[kSteps]);
  walker.random = random;
  ByteWriter out(walker.query);
  write_query(out, request.body.ref<QueryBody>());
  return walker;
}

}  // namespace

Result<QueryId> Walk::search(Context& context, const SearchRequest& request) {
  expire(context);
  const unsigned limit = context.config.ttl_limit;
  if (request.ttl == 0 || request.ttl > limit) {
    return not_started(
        Errc::kInvalidArgument,
        "a TTL of " + std::to_string(request.ttl) + " is not in 1.." + std::to_string(limit),
        "a walk only takes its time budget from it");
  }
  const Duration budget =
      request.budget == Duration{} ? limits::default_budget(request.ttl) : request.budget;
  const Duration most = limits::budget_max(limit);
  if (budget < std::chrono::milliseconds(1) || budget > most) {
    return not_started(Errc::kInvalidArgument, "its time budget is not in 1.." + ms_text(most));
  }
  if (!context.links.any_active()) {
    return not_started(Errc::kNotConnected, "no friend is connected");
  }
  const std::size_t open = busy_ == nullptr ? 0 : busy_->searches.size();
  if (open >= context.config.searches_max || visits_.size() >= context.config.seen_max) {
    return not_started(Errc::kOverloaded, std::to_string(open) + " searches are open");
  }
  const QueryId query = context.env.source.fresh_query_id();
  Visit home;
  home.forget_at = context.env.now + limits::remember_query_for(limit);
  visits_.add(query, std::move(home), context.env.source);
  Search& search = busy().searches.emplace_back();
  search.query = query;
  search.started = context.env.now;
  search.deadline = context.env.now + budget;
  search.enough = request.enough;
  search.ttl = request.ttl;
  search.walkers.resize((*request.parameters)[kWalkers]);
  search.first_hops.assign(context.roster.begin(), context.roster.end());
  arm(context, search.deadline);
  const auto walkers = static_cast<std::uint8_t>(search.walkers.size());
  const std::uint64_t shared = context.env.rng.next();
  for (std::uint8_t number = 0; number < walkers; ++number) {
    // Each has a stream of its own. The last one's end may end the search.
    const std::uint64_t random =
        planted(WalkFault::kSharesItsDice) ? shared : Rng(shared).fork(number).state();
    step(context, Standing{query, context.env.now + budget, kNoPeer, false,
                           first_of(request, number, random)});
  }
  rest();
  return query;
}

void Walk::cancel(Context& context, QueryId query) {
  if (Search* const search = search_of(query)) finish(context, *search, EndReason::kCancelled);
  rest();
}

bool Walk::owns(const QueryId& query) const {
  return busy_ != nullptr &&
         std::ranges::find(busy_->searches, query, &Search::query) != busy_->searches.end();
}

Walk::Search* Walk::search_of(const QueryId& query) {
  if (busy_ == nullptr) return nullptr;
  const auto at = std::ranges::find(busy_->searches, query, &Search::query);
  return at == busy_->searches.end() ? nullptr : &*at;
}

// What the origin says to a walker that asks. A search that is over has enough, whatever ended it.
WalkWord Walk::word_of(const QueryId& query, std::uint8_t number) {
  const Search* const search = search_of(query);
  const bool stop = search == nullptr || search->hits >= std::max(1U, search->enough);
  return {number, stop ? std::optional(WalkEnd::kStopped) : std::nullopt};
}

void Walk::take_news(Context& context, Search& search, const WalkNews& news) {
  if (news.number >= search.walkers.size()) return;
  Sent& sent = search.walkers[news.number];
  if (sent.end) return;
  sent.end = news.why;
  sent.tally = news.tally;
  if (sent.first != kNoPeer) {
    const auto at = std::ranges::find(search.first_hops, sent.first, &FirstHop::peer);
    if (at != search.first_hops.end() && at->state == FirstHopState::kOpen) {
      const bool refused = sent.end == WalkEnd::kRefused && sent.tally.taken == 1;
      at->state = refused ? FirstHopState::kRefused : FirstHopState::kAnswered;
    }
  }
  const bool all = std::ranges::all_of(search.walkers,
                                       [](const Sent& walker) { return walker.end.has_value(); });
  if (all) finish(context, search, EndReason::kAnswered);
}

void Walk::hand_out(Context& context, Search& search, const PayloadRef& hit, std::uint8_t hops) {
  if (!search.first_hit) search.first_hit = context.env.now;
  search.hits += static_cast<std::uint32_t>(hit.ref<HitBody>().files.size());
  context.out.hits.push_back(Found{search.query, hit, hops, context.env.now - search.started});
  if (search.enough > 0 && search.hits >= search.enough) {
    finish(context, search, EndReason::kEnough);
  }
}

void Walk::finish(Context& context, Search& search, EndReason reason) {
  SearchReport report;
  report.query = search.query;
  report.via = kWalk;
  report.ttl = search.ttl;
  Counts& counts = report.counts;
  for (const Sent& sent : search.walkers) {
    counts.copies += sent.tally.taken;
    counts.duplicates += sent.tally.duplicates;
    counts.refused += sent.tally.refused;
    counts.hits_dropped += sent.tally.hits_dropped;
    for (std::size_t i = 0; i < sent.tally.asked.size(); ++i) {
      if (sent.tally.asked[i] == 0) continue;
      counts.add_peers(static_cast<std::uint8_t>(i + 1), sent.tally.asked[i]);
    }
    if (!sent.end) ++counts.unanswered;
    if (sent.end == WalkEnd::kGivenBack) ++counts.dropped;
    if (sent.end == WalkEnd::kNoTime) ++counts.cut_by_budget;
    if (sent.end == WalkEnd::kLate) ++counts.unsearched;
  }
  counts.hits_dropped += search.hits_dropped;
  for (std::size_t end = 0; end < kWalkEnds; ++end) {
    const auto why = static_cast<WalkEnd>(end);
    const auto walkers = std::ranges::count(search.walkers, std::optional(why), &Sent::end);
    if (walkers > 0) {
      report.notes.push_back({std::string(to_text(why)), static_cast<std::uint32_t>(walkers)});
    }
  }
  if (counts.unanswered > 0) {
    report.notes.push_back({"walkers that were not heard of again", counts.unanswered});
  }
  const bool may_miss = search.hits + limits::kHitFilesMax > limits::kHitsMax;
  report.complete = reason == EndReason::kAnswered && !may_miss;
  report.hits = search.hits;
  report.took = context.env.now - search.started;
  if (search.first_hit) report.first_hit = *search.first_hit - search.started;
  // Friends that no walker set out to were not asked.
  std::erase_if(search.first_hops, [&](const FirstHop& hop) {
    return hop.state == FirstHopState::kOpen &&
           std::ranges::find(search.walkers, hop.peer, &Sent::first) == search.walkers.end();
  });
  report.first_hops = std::move(search.first_hops);
  report.ended = reason;
  if (reason == EndReason::kAnswered && !report.asked_anybody()) report.ended = EndReason::kNobody;
  context.out.finished.push_back(Finished{std::move(report)});
  busy_->searches.erase(busy_->searches.begin() + (&search - busy_->searches.data()));
}

void Walk::mark(Search& search, PeerRef peer, FirstHopState state) {
  const auto at = std::ranges::find(search.first_hops, peer, &FirstHop::peer);
  if (at != search.first_hops.end()) {
    at->state = state;
  } else {
    search.first_hops.push_back(FirstHop{peer, Role::kAccepted, state});  // it listed us, we not it
  }
}

}  // namespace shoal::overlay
