// SPDX-License-Identifier: Apache-2.0
// Walk: what comes in, what is forgotten, and what the timer does.
#include "overlay/walk/walk.h"

#include <algorithm>
#include <utility>

#include "proto/types/assert.h"
#include "proto/types/limits.h"

namespace shoal::overlay {

std::unique_ptr<Overlay> make_walk(Env&) { return std::make_unique<Walk>(); }

Verdict Walk::on_message(Context& context, PeerRef from, const Message& message) {
  expire(context);
  if (message.ttl != kWalkTtl) return Verdict::kReject;
  Verdict verdict = Verdict::kReject;
  if (message.kind == MessageKind::kHit) verdict = on_hit(context, from, message);
  if (message.kind == kWalkStep) verdict = on_step(context, from, message);
  if (message.kind == kWalkAsks || message.kind == kWalkEnded) {
    verdict = on_news(context, from, message);
  }
  if (message.kind == kWalkWord) verdict = on_word(context, from, message);
  rest();
  return verdict;
}

// Later walkers of a query cost their link nothing, since each goes on as one; but a neighbour that
// sends ever more of them pays for each.
bool Walk::charges(const Message& copy) const {
  const Visit* const visit = visits_.find(copy.query);
  return visit == nullptr || visit->times >= kWalkVisitsFree;
}

void Walk::on_over_budget(Context& context, PeerRef from, const Message& copy) {
  if (copy.ttl != kWalkTtl || copy.kind != kWalkStep) return;
  auto walker = decode_walker(copy.body.ref<OpaqueBody>());
  if (walker) refuse(context, from, copy.query, std::move(*walker));
}

void Walk::on_matches(Context& context, LookupToken token, std::span<const PayloadRef> hits,
                      std::uint32_t excess) {
  if (busy_ == nullptr) return;
  auto& lookups = busy_->lookups;
  const auto at = std::ranges::find(lookups, static_cast<std::uint32_t>(token.value),
                                    &std::pair<std::uint32_t, QueryId>::first);
  if (at == lookups.end()) return;  // the query was forgotten
  const QueryId query = at->second;
  lookups.erase(at);
  Visit* const visit = visits_.find(query);
  SHOAL_ASSERT(visit != nullptr);
  visit->looking = false;
  visit->matches = !hits.empty() || excess > 0;
  for (const PayloadRef& hit : hits) pass_hit(context, query, *visit, hit, 0);
  std::vector<Standing> waiting = take_standing(query, std::nullopt);
  if (!waiting.empty()) waiting.front().walker.tally.hits_dropped += excess;
  for (Standing& here : waiting) arrive(context, std::move(here));
  rest();
}

void Walk::on_dropped(Context& context, PeerRef to, const Message& message) {
  // What goes up, or a word, is given back only with its link; then nobody is there to take it.
  if (message.kind != kWalkStep) return;
  auto walker = decode_walker(message.body.ref<OpaqueBody>());
  SHOAL_ASSERT(walker);
  if (!visits_.contains(message.query)) return;
  if (Search* const search = search_of(message.query)) {
    const std::size_t number = walker->number;
    if (number < search->walkers.size() && search->walkers[number].first == to &&
        walker->tally.taken == 0) {
      mark(*search, to, FirstHopState::kGivenBack);
    }
  }
  end(context, Standing{message.query, {}, kNoPeer, false, std::move(*walker)},
      WalkEnd::kGivenBack);
  rest();
}

void Walk::on_link_down(Context&, PeerRef peer) {
  // Whoever is there when it comes up again may have lost what it knew, and would take our answers
  // for an offence.
  visits_.each([&](const QueryId&, Visit& visit) {
    if (visit.upstream == peer) visit.upstream = kNoPeer;
    if (visit.ways != nullptr) std::erase(visit.ways->passed, peer);
  });
  if (busy_ == nullptr) return;
  std::erase_if(busy_->questions, [&](const Question& question) { return question.from == peer; });
  for (Search& search : busy_->searches) {
    const auto at = std::ranges::find(search.first_hops, peer, &FirstHop::peer);
    if (at != search.first_hops.end() && at->state == FirstHopState::kOpen) {
      at->state = FirstHopState::kLinkDied;
    }
  }
  rest();
}

void Walk::on_timer(Context& context) {
  armed_ = Instant::max();
  expire(context);
  rest();
  arm_for_next(context);
}

void Walk::expire(Context& context) {
  const Instant now = context.env.now;
  while (busy_ != nullptr) {
    const auto late = std::ranges::find_if(
        busy_->searches, [now](const Search& search) { return search.deadline <= now; });
    if (late == busy_->searches.end()) break;
    finish(context, *late, EndReason::kDeadline);
  }
  while (busy_ != nullptr) {
    auto& standing = busy_->standing;
    const auto late =
        std::ranges::find_if(standing, [now](const Standing& here) { return here.until <= now; });
    if (late == standing.end()) break;
    Standing here = std::move(*late);
    standing.erase(late);
    const WalkEnd why = here.asked ? WalkEnd::kNoTime : WalkEnd::kLate;
    end(context, std::move(here), why);
  }
  while (visits_.due(now) != nullptr) {
    if (busy_ != nullptr) {
      const QueryId query = visits_.oldest();
      std::erase_if(busy_->lookups, [&](const auto& lookup) { return lookup.second == query; });
      std::erase_if(busy_->questions,
                    [&](const auto& question) { return question.query == query; });
    }
    visits_.forget_oldest();
  }
}

// What ends may leave the timer armed too early, and it is armed anew when it has fired; so only
// what begins has to arm it.
void Walk::arm(Context& context, Instant at) {
  if (at >= armed_) return;
  armed_ = at;
  context.out.arm(TimerSlot{kWalk.value}, at);
}

void Walk::arm_for_next(Context& context) {
  Instant next = visits_.next_due();
  if (busy_ != nullptr) {
    for (const Search& search : busy_->searches) next = std::min(next, search.deadline);
    for (const Standing& here : busy_->standing) next = std::min(next, here.until);
  }
  if (next != Instant::max()) arm(context, next);
}

Walk::Busy& Walk::busy() {
  if (busy_ == nullptr) busy_ = std::make_unique<Busy>();
  return *busy_;
}

void Walk::rest() {
  if (busy_ != nullptr && busy_->searches.empty() && busy_->standing.empty() &&
      busy_->questions.empty() && busy_->lookups.empty()) {
    busy_ = nullptr;
  }
}

std::size_t Walk::bytes() const {
  std::size_t sum = sizeof(Walk) + visits_.bytes();
  visits_.each([&sum](const QueryId&, const Visit& visit) {
    if (visit.ways == nullptr) return;
    sum += sizeof(Ways) + visit.ways->passed.capacity() * sizeof(PeerRef) +
           visit.ways->hits.capacity() * sizeof(std::uint64_t) +
           visit.ways->asked.capacity() * sizeof(std::uint16_t);
  });
  if (busy_ == nullptr) return sum;
  sum += sizeof(Busy) + busy_->searches.capacity() * sizeof(Search) +
         busy_->standing.capacity() * sizeof(Standing) +
         busy_->questions.capacity() * sizeof(Question) +
         busy_->lookups.capacity() * sizeof(busy_->lookups[0]);
  const auto of = [](const WalkTally& tally) {
    return tally.asked.capacity() * sizeof(std::uint16_t);
  };
  for (const Search& search : busy_->searches) {
    sum +=
        search.walkers.capacity() * sizeof(Sent) + search.first_hops.capacity() * sizeof(FirstHop);
    for (const Sent& sent : search.walkers) sum += of(sent.tally);
  }
  for (const Standing& here : busy_->standing) {
    sum += of(here.walker.tally) + here.walker.query.capacity();
  }
  return sum;
}

}  // namespace shoal::overlay
