// SPDX-License-Identifier: Apache-2.0
// Walk: walkers that come, stand and go.
#include <algorithm>
#include <utility>

#include "overlay/walk/faults.h"
#include "overlay/walk/walk.h"
#include "proto/types/assert.h"
#include "proto/types/limits.h"

namespace shoal::overlay {
namespace {

// One more than that, as far as a byte goes.
std::uint8_t next_depth(std::uint8_t depth) {
  return depth == UINT8_MAX ? depth : static_cast<std::uint8_t>(depth + 1);
}

}  // namespace

Verdict Walk::on_step(Context& context, PeerRef from, const Message& message) {
  auto walker = decode_walker(message.body.ref<OpaqueBody>());
  const auto budget = std::chrono::milliseconds(message.budget_ms);
  if (!walker || budget > limits::budget_max(context.config.ttl_limit) ||
      context.links.find(from) == nullptr) {
    return Verdict::kReject;  // walkers go over links only, in open networks too
  }
  Visit* visit = visits_.find(message.query);
  const bool first = visit == nullptr;
  PayloadRef query;
  if (first || planted(WalkFault::kAsksAgain)) {
    ByteReader in(walker->query);
    query = read_query(in);
    if (!query || !in.done()) return Verdict::kReject;
  }
  if (first ? visits_.size() >= context.config.seen_max : visit->times >= limits::kWalkVisitsMax) {
    refuse(context, from, message.query, std::move(*walker));
    return Verdict::kAccept;
  }
  if (first) {
    Visit fresh;
    fresh.forget_at = context.env.now + limits::remember_query_for(context.config.ttl_limit);
    fresh.upstream = from;
    fresh.depth = next_depth(message.hops);
    visit = visits_.add(message.query, std::move(fresh), context.env.source);
    arm(context, visit->forget_at);
    walker->tally.count_asked(visit->depth);
  } else {
    ++walker->tally.duplicates;
  }
  ++walker->tally.taken;
  ++visit->times;
  if (query) look(context, message.query, query);
  Standing here{message.query, context.env.now + budget, from, false, std::move(*walker)};
  if (visit->looking) {
    wait(context, std::move(here));
  } else {
    arrive(context, std::move(here));
  }
  return Verdict::kAccept;
}

void Walk::look(Context& context, const QueryId& query, const PayloadRef& body) {
  visits_.find(query)->looking = true;
  const std::uint32_t number = ++tokens_;
  busy().lookups.emplace_back(number, query);
  context.out.lookups.push_back(Lookup{LookupToken{std::uint64_t{kWalk.value} << 56 | number}, body,
                                       static_cast<std::uint32_t>(limits::kHitsPerPeer), query});
}

void Walk::wait(Context& context, Standing here) {
  if (busy().standing.size() >= limits::kWalkersStanding) {
    return end(context, std::move(here), WalkEnd::kRefused);
  }
  arm(context, here.until);
  busy_->standing.push_back(std::move(here));
}

std::vector<Walk::Standing> Walk::take_standing(const QueryId& query,
                                                std::optional<std::uint8_t> number) {
  std::vector<Standing> taken;
  if (busy_ == nullptr) return taken;
  std::vector<Standing>& all = busy_->standing;
  const auto stays = [&](const Standing& here) {
    return here.query != query || here.asked != number.has_value() ||
           (number && here.walker.number != *number);
  };
  const auto from = std::stable_partition(all.begin(), all.end(), stays);
  std::move(from, all.end(), std::back_inserter(taken));
  all.erase(from, all.end());
  return taken;
}

// It is known whether this peer has what is looked for.
void Walk::arrive(Context& context, Standing here) {
  const Visit& visit = *visits_.find(here.query);
  const Walker& walker = here.walker;
  if (visit.matches && !walker.goes_on && !planted(WalkFault::kWalksPastHit)) {
    return end(context, std::move(here), WalkEnd::kFound);
  }
  if (visit.depth == 0 && search_of(here.query) == nullptr) return;  // nobody waits for it
  if (walker.left == 0) {
    if (planted(WalkFault::kLosesTheEnd)) return;
    return end(context, std::move(here), WalkEnd::kSteps);
  }
  if (!walker.asks_back || !asks_at(walker.tally.taken)) return step(context, std::move(here));
  if (visit.depth == 0) {  // it has come home
    const WalkWord word = word_of(here.query, walker.number);
    if (word.end) return end(context, std::move(here), *word.end);
    return step(context, std::move(here));
  }
  if (visit.upstream == kNoPeer) return;  // nobody can be asked, or would hear of its end
  up(context, here.query, visit, kWalkAsks,
     encode(WalkNews{walker.number, std::nullopt, walker.tally}));
  here.asked = true;
  wait(context, std::move(here));
}

void Walk::step(Context& context, Standing here) {
  Walker& walker = here.walker;
  std::vector<PeerRef> ways;
  for (const Link& link : context.links.all()) {
    if (link.active()) ways.push_back(link.peer);
  }
  if (ways.empty()) return end(context, std::move(here), WalkEnd::kDeadEnd);
  if (!walker.backtracks && ways.size() > 1 && !planted(WalkFault::kTurnsBack)) {
    std::erase(ways, here.came_from);
  }
  const std::int64_t left_ms = to_ms(here.until - context.env.now - limits::kHopMargin);
  if (left_ms <= 0) return end(context, std::move(here), WalkEnd::kNoTime);
  const PeerRef to = ways[draw_way(walker, ways.size())];
  Visit& visit = *visits_.find(here.query);
  if (visit.ways == nullptr) visit.ways = std::make_unique<Ways>();
  if (!may_answer(visit, to)) visit.ways->passed.push_back(to);
  if (visit.depth == 0) {
    Search* const search = search_of(here.query);
    if (search != nullptr && walker.tally.taken == 0) {
      search->walkers[walker.number].first = to;
      mark(*search, to, FirstHopState::kOpen);
    }
  }
  if (!planted(WalkFault::kOneStepMore) || walker.left > 1 || walker.random % 2 == 0) {
    --walker.left;
  }
  Message message;
  message.query = here.query;
  message.kind = kWalkStep;
  message.overlay = kWalk;
  message.ttl = kWalkTtl;
  message.hops = visit.depth;
  message.budget_ms = static_cast<std::uint32_t>(left_ms);
  message.body = encode(walker);
  context.out.sends.push_back(Send{to, std::move(message)});
}

void Walk::end(Context& context, Standing here, WalkEnd why) {
  const Visit& visit = *visits_.find(here.query);
  WalkNews news{here.walker.number, why, std::move(here.walker.tally)};
  if (visit.depth > 0) return up(context, here.query, visit, kWalkEnded, encode(news));
  if (Search* const search = search_of(here.query)) take_news(context, *search, news);
}

// No entry is made for it: the end goes straight back.
void Walk::refuse(Context& context, PeerRef to, const QueryId& query, Walker walker) {
  ++walker.tally.taken;
  ++walker.tally.refused;
  Message message;
  message.query = query;
  message.kind = kWalkEnded;
  message.overlay = kWalk;
  message.ttl = kWalkTtl;
  message.body = encode(WalkNews{walker.number, WalkEnd::kRefused, std::move(walker.tally)});
  context.out.sends.push_back(Send{to, std::move(message)});
}

}  // namespace shoal::overlay
