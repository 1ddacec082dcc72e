// SPDX-License-Identifier: Apache-2.0
// Flood: this peer's own searches.
#include <algorithm>
#include <string>
#include <utility>

#include "overlay/core/registry.h"
#include "overlay/flood/faults.h"
#include "overlay/flood/flood.h"
#include "proto/types/assert.h"
#include "proto/types/limits.h"

namespace shoal::overlay {
namespace {

tl::unexpected<Error> refuse_ttl(unsigned ttl, unsigned limit) {
  return fail(Errc::kInvalidArgument, "the search was not started",
              "a TTL of " + std::to_string(ttl) + " is not in 1.." + std::to_string(limit));
}

tl::unexpected<Error> refuse_budget(Duration most) {
  return fail(Errc::kInvalidArgument, "the search was not started",
              "its time budget is not in 1.." + std::to_string(to_ms(most)) + " ms");
}

}  // namespace

Result<Duration> Flood::check(const Context& context, const SearchRequest& request) {
  const unsigned limit = context.config.ttl_limit;
  if (request.ttl == 0 || request.ttl > limit) return refuse_ttl(request.ttl, limit);
  const Duration budget =
      request.budget == Duration{} ? limits::default_budget(request.ttl) : request.budget;
  const Duration most = limits::budget_max(limit);
  if (budget < std::chrono::milliseconds(1) || budget > most) return refuse_budget(most);
  if (!context.links.any_active()) {
    return fail(Errc::kNotConnected, "the search was not started", "no friend is connected");
  }
  return budget;
}

Result<QueryId> Flood::search(Context& context, const SearchRequest& request) {
  if (seen_.next_due() <= context.env.now) expire(context);
  const Result<Duration> budget = check(context, request);
  if (!budget) return tl::unexpected(budget.error());
  if (searches() >= context.config.searches_max || copies_.size() >= context.config.copies_max ||
      seen_.size() >= context.config.seen_max) {
    return fail(Errc::kOverloaded, "the search was not started",
                std::to_string(searches()) + " searches are open");
  }
  const QueryId query = context.env.source.fresh_query_id();
  launch(context, Wave{.query = query,
                       .body = request.body,
                       .ttl = request.ttl,
                       .budget = *budget,
                       .enough = request.enough,
                       .only = {},
                       .first_hops = context.roster});
  return query;
}

void Flood::launch(Context& context, const Wave& wave) {
  if (seen_.next_due() <= context.env.now) expire(context);
  Seen* seen = seen_.find(wave.query);
  if (seen == nullptr) {
    const Instant forget_at =
        context.env.now + limits::remember_query_for(context.config.ttl_limit);
    seen = seen_.add(wave.query, {.forget_at = forget_at}, context.env.source);
  }
  SHOAL_ASSERT(seen->copies == kNone);
  const CopyIndex index = copies_.open(context.env.now + wave.budget);
  Copy& copy = copies_[index];
  copy.query = wave.query;
  copy.body = wave.body;
  copy.ttl = (wave.ttl + 1U) & 0x1ffU;
  // No copy that comes back can be deeper.
  seen->best_ttl = std::max<std::uint32_t>(seen->best_ttl, wave.ttl + 1U) & 0x1ffU;
  seen->copies = index;
  if (searches_ == nullptr) searches_ = std::make_unique<std::vector<Search>>();
  searches_->push_back(Search{.query = wave.query,
                              .copy = index,
                              .started = context.env.now,
                              .first_hit = std::nullopt,
                              .enough = wave.enough,
                              .first_hops = {wave.first_hops.begin(), wave.first_hops.end()}});
  arm(context, copy.budget_end);
  forward(context, index, wave.only);
  close_if_answered(context, index);
}

void Flood::cancel(Context& context, QueryId query) {
  if (searches_ == nullptr) return;
  const auto at = std::ranges::find(*searches_, query, &Search::query);
  if (at == searches_->end()) return;
  finish(context, at->copy, EndReason::kCancelled);
}

bool Flood::owns(const QueryId& query) const {
  return searches_ != nullptr &&
         std::ranges::find(*searches_, query, &Search::query) != searches_->end();
}

void Flood::hand_out(Context& context, CopyIndex index, const PayloadRef& hit, std::uint8_t hops) {
  Search* const search = search_of(index);
  const Copy& copy = copies_[index];
  if (!search->first_hit) search->first_hit = context.env.now;
  search->hits += static_cast<std::uint32_t>(hit.ref<HitBody>().files.size());
  context.out.hits.push_back(Found{copy.query, hit, hops, context.env.now - search->started});
  if (search->enough > 0 && search->hits >= search->enough) {
    finish(context, index, EndReason::kEnough);
  }
}

void Flood::finish(Context& context, CopyIndex index, EndReason reason) {
  Copy& copy = copies_[index];
  Search* const search = search_of(index);
  SearchReport report;
  report.query = copy.query;
  report.via = id_;
  report.ttl = static_cast<std::uint8_t>(copy.ttl - 1);
  report.ended = reason;
  report.counted = copy.body.ref<QueryBody>().echo;
  report.counts = std::move(copy.take_echo()->counts);
  report.counts.unanswered += copy.edges.open();
  report.complete = report.counted && reason == EndReason::kAnswered &&
                    (report.counts.unanswered == 0 || planted(FloodFault::kCompleteAnyway));
  report.hits = search->hits;
  report.took = context.env.now - search->started;
  if (search->first_hit) report.first_hit = *search->first_hit - search->started;
  report.first_hops = std::move(search->first_hops);
  const bool nobody = !report.asked_anybody() && report.counts.spared == 0;
  if (reason == EndReason::kAnswered && nobody) report.ended = EndReason::kNobody;
  context.out.finished.push_back(Finished{std::move(report)});
  // Below the deadline all budgets have ended by themselves; otherwise peers still work for us.
  if (reason != EndReason::kDeadline) cancel_edges(context, index);
  searches_->erase(searches_->begin() + (search - searches_->data()));
  if (searches_->empty()) searches_ = nullptr;
  release(index);
  rest(context);
}

void Flood::mark_first_hop(CopyIndex index, PeerRef peer, FirstHopState state) {
  auto& hops = search_of(index)->first_hops;
  const auto at = std::ranges::find(hops, peer, &FirstHop::peer);
  if (at != hops.end()) {
    at->state = state;
  } else {
    hops.push_back(FirstHop{peer, Role::kAccepted, state});  // it listed us, we not it
  }
}

Flood::Search* Flood::search_of(CopyIndex index) {
  SHOAL_ASSERT(searches_ != nullptr);
  const auto at = std::ranges::find(*searches_, index, &Search::copy);
  SHOAL_ASSERT(at != searches_->end());
  return &*at;
}

}  // namespace shoal::overlay
