// SPDX-License-Identifier: Apache-2.0
#include "overlay/flood/waves.h"

#include <algorithm>
#include <string>
#include <utility>

#include "overlay/flood/faults.h"
#include "proto/types/assert.h"
#include "proto/types/limits.h"

namespace shoal::overlay {
namespace {

constexpr Duration kShortest = std::chrono::milliseconds(1);

/// What a flood may use of the time that is left. With echoes it ends when all is answered, so the
/// bound matters only when something goes wrong; without, it always takes all that it is given.
Duration share_of(Duration left, const Step& step, bool echo) {
  if (step.later == 0) return left;
  const Duration share =
      echo ? limits::default_budget(step.ttl) : left * step.ttl / (step.ttl + step.later);
  return std::clamp(share, kShortest, left);
}

std::int64_t peers_at(const Counts& counts, std::size_t hop) {
  const std::size_t at = hop - counts.first_hop;
  return hop >= counts.first_hop && at < counts.peers_by_hop.size() ? counts.peers_by_hop[at] : 0;
}

/// Adds what a flood under a new name counted: its copies are new ones, its peers are the same.
/// False when the floods do not agree about the hops up to `horizon`, which both have asked.
bool add_renamed(Counts& sum, Counts flood, std::size_t horizon) {
  bool agree = true;
  std::int64_t by_sum = 0;
  std::int64_t by_flood = 0;
  std::int64_t within = 0;
  Counts wider;
  const std::size_t far = std::max(sum.first_hop + sum.peers_by_hop.size(),
                                   flood.first_hop + flood.peers_by_hop.size());
  for (std::size_t hop = 1; hop < far; ++hop) {
    agree = agree && (hop > horizon || peers_at(sum, hop) == peers_at(flood, hop));
    by_sum += peers_at(sum, hop);
    by_flood += peers_at(flood, hop);
    const std::int64_t best = std::max({within, by_sum, by_flood});
    if (best > within) {
      wider.add_peers(static_cast<std::uint8_t>(hop), static_cast<std::int32_t>(best - within));
    }
    within = best;
  }
  sum.peers_by_hop.clear();
  flood.peers_by_hop.clear();
  sum.add(flood);
  sum.add(wider);
  return agree;
}

}  // namespace

// ---- calls, passed on to the flood -------------------------------------------------------------

Verdict Waves::on_message(Context& context, PeerRef from, const Message& message) {
  const Before before(context.out);
  const Verdict verdict = flood_.on_message(context, from, message);
  settle(context, before);
  return verdict;
}

void Waves::on_matches(Context& context, LookupToken token, std::span<const PayloadRef> hits,
                       std::uint32_t excess) {
  const Before before(context.out);
  flood_.on_matches(context, token, hits, excess);
  settle(context, before);
}

void Waves::on_dropped(Context& context, PeerRef to, const Message& message) {
  const Before before(context.out);
  flood_.on_dropped(context, to, message);
  settle(context, before);
}

void Waves::on_link_down(Context& context, PeerRef peer) {
  const Before before(context.out);
  flood_.on_link_down(context, peer);
  settle(context, before);
}

void Waves::on_timer(Context& context) {
  const Before before(context.out);
  flood_.on_timer(context);
  settle(context, before);
}

// ---- own searches ------------------------------------------------------------------------------

Result<QueryId> Waves::search(Context& context, const SearchRequest& request) {
  const Result<Duration> budget = Flood::check(context, request);
  if (!budget) return tl::unexpected(budget.error());
  const std::size_t open = searches_ == nullptr ? 0 : searches_->size();
  if (open >= context.config.searches_max) {
    return fail(Errc::kOverloaded, "the search was not started",
                std::to_string(open) + " searches are open", "wait for one to end, or cancel one");
  }
  Result<Plan> plan = chart_(context, request);
  if (!plan) return tl::unexpected(plan.error());
  const QueryId query = context.env.source.fresh_query_id();
  Search search;
  search.flood = query;
  search.body = request.body;
  search.plan = std::move(*plan);
  search.started = context.env.now;
  search.end = context.env.now + *budget;
  search.report.query = query;
  search.report.via = id_;
  search.report.complete = true;  // until a flood says otherwise
  search.report.counted = request.body.ref<QueryBody>().echo;
  for (FirstHop hop : context.roster) {
    if (hop.state == FirstHopState::kOpen) hop.state = FirstHopState::kNotNeeded;
    search.report.first_hops.push_back(hop);
  }
  if (searches_ == nullptr) searches_ = std::make_unique<std::vector<Search>>();
  searches_->push_back(std::move(search));
  advance(context, open);
  return query;
}

void Waves::cancel(Context& context, QueryId query) {
  if (searches_ == nullptr) return;
  const auto at =
      std::ranges::find(*searches_, query, [](const Search& s) { return s.report.query; });
  if (at == searches_->end()) return;
  at->stopped = EndReason::kCancelled;
  const Before before(context.out);
  flood_.cancel(context, at->flood);
  settle(context, before);
}

bool Waves::owns(const QueryId& query) const {
  return searches_ != nullptr &&
         std::ranges::find(*searches_, query, &Search::flood) != searches_->end();
}

void Waves::settle(Context& context, const Before& before) {
  Effects& out = context.out;
  if (out.hits.size() > before.hits) {
    const auto first = out.hits.begin() + static_cast<std::ptrdiff_t>(before.hits);
    const std::vector<Found> hits(first, out.hits.end());
    out.hits.erase(first, out.hits.end());
    for (const Found& hit : hits) {
      Search* const search = search_of_flood(hit.query);
      SHOAL_ASSERT(search != nullptr);
      hand_out(context, *search, hit);
    }
  }
  if (out.finished.size() == before.finished) return;
  const auto first = out.finished.begin() + static_cast<std::ptrdiff_t>(before.finished);
  std::vector<Finished> ends(std::make_move_iterator(first),
                             std::make_move_iterator(out.finished.end()));
  out.finished.erase(first, out.finished.end());
  for (Finished& end : ends) {
    Search* const search = search_of_flood(end.report.query);
    SHOAL_ASSERT(search != nullptr);
    fold(*search, std::move(end.report));
    advance(context, static_cast<std::size_t>(search - searches_->data()));
  }
}

void Waves::hand_out(Context& context, Search& search, const Found& found) {
  const bool again = search.plan.renames && !planted(WavesFault::kRepeatHits);
  const PayloadRef hit = again ? only_news(search, found.hit) : found.hit;
  if (!hit) return;
  const auto pairs = static_cast<std::uint32_t>(hit.ref<HitBody>().files.size());
  SearchReport& report = search.report;
  if (report.hits + pairs > limits::kHitsMax) {
    report.counts.hits_dropped += pairs;
    return;
  }
  report.hits += pairs;
  const Duration after = context.env.now - search.started;
  if (!report.first_hit) report.first_hit = after;
  context.out.hits.push_back(Found{report.query, hit, found.hops, after});
  const std::uint32_t enough = search.plan.enough;
  if (enough == 0 || report.hits < enough || search.stopped) return;
  search.stopped = EndReason::kEnough;
  flood_.cancel(context, search.flood);
}

PayloadRef Waves::only_news(Search& search, const PayloadRef& hit) {
  const auto& body = hit.ref<HitBody>();
  std::vector<HitFile> news;
  for (const HitFile& file : body.files) {
    const bool known = std::ranges::any_of(search.given, [&](const Given& given) {
      return given.flood < search.floods && given.content == file.content &&
             given.holder == body.holder;
    });
    if (!known) news.push_back(file);
  }
  if (news.empty()) return {};
  for (const HitFile& file : news) {
    search.given.push_back(Given{body.holder, file.content, search.floods});
  }
  if (news.size() == body.files.size()) return hit;
  return make_payload<HitBody>([&](HitBody& rest) {
    rest.holder = body.holder;
    rest.files = std::move(news);
    rest.sealed = body.sealed;
  });
}

void Waves::advance(Context& context, std::size_t at) {
  for (;;) {
    Search& search = (*searches_)[at];
    if (search.stopped) return finish(context, at, *search.stopped);
    const SoFar so_far{search.report.hits, search.plan.wanted, search.report.counts};
    std::optional<Step> step = search.plan.course->next(context, so_far);
    if (!step) return finish(context, at, search.ended);
    if (search.report.hits >= search.plan.wanted && !planted(WavesFault::kGrowOnAndOn)) {
      return finish(context, at, EndReason::kEnough);
    }
    Duration left = search.end - context.env.now;
    if (planted(WavesFault::kForgetDeadline)) left = search.end - search.started;
    if (left < kShortest) return finish(context, at, EndReason::kDeadline);
    const bool renames = search.plan.renames || planted(WavesFault::kRenameAlways);
    if (renames && search.floods > 0) {
      search.flood = context.env.source.fresh_query_id();
    }
    ++search.floods;
    search.report.ttl = step->ttl;
    const std::vector<FirstHop> first_hops = search.report.first_hops;
    const std::size_t ended = context.out.finished.size();
    flood_.launch(context, Wave{.query = search.flood,
                                .body = search.body,
                                .ttl = step->ttl,
                                .budget = share_of(left, *step, search.report.counted),
                                .enough = 0,
                                .only = step->only,
                                .first_hops = first_hops});
    if (context.out.finished.size() == ended) return;
    SearchReport nothing = std::move(context.out.finished.back().report);
    context.out.finished.pop_back();
    fold((*searches_)[at], std::move(nothing));
  }
}

void Waves::fold(Search& search, SearchReport flood) {
  SearchReport& sum = search.report;
  sum.complete = (sum.complete || planted(WavesFault::kCompleteIfLastWas)) && flood.complete;
  if (planted(WavesFault::kCountLastFloodOnly)) sum.counts = {};
  if (!search.plan.renames) {
    sum.counts.add(flood.counts);
  } else if (!add_renamed(sum.counts, std::move(flood.counts), search.horizon)) {
    sum.complete = false;
  }
  search.horizon = sum.ttl;
  sum.first_hops = std::move(flood.first_hops);
  // That nobody was asked is a matter of the whole search.
  search.ended = flood.ended == EndReason::kNobody ? EndReason::kAnswered : flood.ended;
}

void Waves::finish(Context& context, std::size_t at, EndReason reason) {
  SearchReport report = std::move((*searches_)[at].report);
  const Search& search = (*searches_)[at];
  report.took = context.env.now - search.started;
  report.complete = report.complete && report.counted;
  report.ended = reason;
  const bool nobody = !report.asked_anybody() && report.counts.spared == 0;
  if (reason == EndReason::kAnswered && nobody) report.ended = EndReason::kNobody;
  context.out.finished.push_back(Finished{std::move(report)});
  searches_->erase(searches_->begin() + static_cast<std::ptrdiff_t>(at));
  if (searches_->empty()) searches_ = nullptr;
}

Waves::Search* Waves::search_of_flood(const QueryId& query) {
  if (searches_ == nullptr) return nullptr;
  const auto at = std::ranges::find(*searches_, query, &Search::flood);
  return at == searches_->end() ? nullptr : &*at;
}

std::size_t Waves::bytes() const {
  std::size_t sum = sizeof(Waves) - sizeof(Flood) + flood_.bytes();
  if (searches_ == nullptr) return sum;
  sum += sizeof(*searches_) + searches_->capacity() * sizeof(Search);
  for (const Search& search : *searches_) {
    sum += search.plan.course->bytes() + search.given.capacity() * sizeof(Given) +
           search.report.first_hops.capacity() * sizeof(FirstHop);
  }
  return sum;
}

}  // namespace shoal::overlay
