// SPDX-License-Identifier: Apache-2.0
// Written in docs/tutorial-overlay.md; a test sees that both are equal.
#include "overlay/gossip/gossip.h"

#include <algorithm>
#include <string>
#include <utility>

#include "overlay/core/bytes.h"
#include "proto/types/limits.h"

namespace shoal::overlay {
namespace {

constexpr MessageKind kRumour{kFirstOwnCopyKind};

struct Rumour {
  std::uint8_t fanout = 0;
  PayloadRef query;
};

PayloadRef encode(std::uint8_t fanout, const QueryBody& query) {
  return make_payload<OpaqueBody>([&](OpaqueBody& body) {
    ByteWriter out(body.bytes);
    out.u8(fanout);
    write_query(out, query);
  });
}

std::optional<Rumour> decode(const OpaqueBody& body) {
  ByteReader in(body.bytes);
  Rumour rumour;
  rumour.fanout = in.u8();
  rumour.query = read_query(in);
  if (!in.done() || rumour.fanout == 0 || rumour.fanout > kFanoutMax) return std::nullopt;
  return rumour;
}

tl::unexpected<Error> not_started(Errc code, std::string why) {
  return fail(code, "the search was not started", std::move(why));
}

}  // namespace

std::unique_ptr<Overlay> make_gossip(Env&) { return std::make_unique<Gossip>(); }

Verdict Gossip::on_message(Context& context, PeerRef from, const Message& message) {
  expire(context);
  if (message.kind == kRumour) return on_rumour(context, from, message);
  if (message.kind == MessageKind::kHit) return on_hit(context, from, message);
  return Verdict::kReject;
}

Verdict Gossip::on_rumour(Context& context, PeerRef from, const Message& message) {
  const auto rumour = decode(message.body.ref<OpaqueBody>());
  const auto budget = std::chrono::milliseconds(message.budget_ms);
  const unsigned limit = context.config.ttl_limit;
  if (!rumour || message.ttl == 0 || unsigned{message.ttl} + message.hops > limit ||
      budget > limits::budget_max(limit) || context.links.find(from) == nullptr) {
    return Verdict::kReject;
  }
  if (heard_.contains(message.query)) return Verdict::kAccept;
  if (heard_.size() >= context.config.seen_max) return Verdict::kIgnore;
  Heard heard;
  heard.forget_at = context.env.now + limits::remember_query_for(limit);
  heard.budget_end = context.env.now + budget;
  heard.upstream = from;
  heard.ttl = message.ttl;
  heard.hops = static_cast<std::uint8_t>(message.hops + 1);
  arm(context, heard_.add(message.query, std::move(heard), context.env.source)->forget_at);

  looking_[++lookups_] = message.query;
  const LookupToken token{std::uint64_t{kGossip.value} << 56 | lookups_};
  context.out.lookups.push_back(Lookup{
      token, rumour->query, static_cast<std::uint32_t>(limits::kHitsPerPeer), message.query});
  if (message.ttl > 1) tell_some(context, message.query, message.body);
  return Verdict::kAccept;
}

void Gossip::tell_some(Context& context, const QueryId& query, const PayloadRef& body) {
  Heard& heard = *heard_.find(query);
  const std::size_t fanout = decode(body.ref<OpaqueBody>())->fanout;
  std::vector<Link> ways;
  for (const Link& link : context.links.all()) {
    if (link.active() && link.peer != heard.upstream) ways.push_back(link);
  }
  for (std::size_t i = 0; i < ways.size() && i < fanout; ++i) {
    std::swap(ways[i], ways[i + context.env.rng.below(ways.size() - i)]);
    const Duration left =
        heard.budget_end - context.env.now - (2 * ways[i].delay_bound() + limits::kHopMargin);
    if (to_ms(left) <= 0) continue;
    Message message;
    message.query = query;
    message.body = body;
    message.kind = kRumour;
    message.overlay = kGossip;
    message.ttl = static_cast<std::uint8_t>(heard.ttl - 1);
    message.hops = heard.hops;
    message.budget_ms = static_cast<std::uint32_t>(to_ms(left));
    heard.told.push_back(ways[i].peer);
    context.out.sends.push_back(Send{ways[i].peer, std::move(message)});
  }
}

void Gossip::on_dropped(Context& context, PeerRef to, const Message& message) {
  if (message.kind == kRumour) lose(context, message.query, to, FirstHopState::kGivenBack);
}

void Gossip::lose(Context& context, const QueryId& query, PeerRef peer, FirstHopState how) {
  Heard* const heard = heard_.find(query);
  if (heard == nullptr || std::erase(heard->told, peer) == 0) return;
  Search* const search = search_of(query);
  if (search == nullptr) return;
  const auto hop = std::ranges::find(search->first_hops, peer, &FirstHop::peer);
  if (hop != search->first_hops.end()) hop->state = how;
  if (heard->told.empty()) finish(context, query, EndReason::kAnswered);  // no hit can come
}

void Gossip::on_matches(Context& context, LookupToken token, std::span<const PayloadRef> hits,
                        std::uint32_t) {
  const auto at = looking_.find(token.value & 0x00ff'ffff'ffff'ffffU);
  if (at == looking_.end()) return;
  const QueryId query = at->second;
  looking_.erase(at);
  for (const PayloadRef& hit : hits) pass_hit(context, query, hit, 0);
}

Verdict Gossip::on_hit(Context& context, PeerRef from, const Message& message) {
  const auto files = message.body.ref<HitBody>().files.size();
  if (files == 0 || files > limits::kHitFilesMax) return Verdict::kReject;
  const Heard* const heard = heard_.find(message.query);
  if (heard == nullptr || message.ttl + 1U != heard->ttl ||
      std::ranges::find(heard->told, from) == heard->told.end()) {
    return Verdict::kReject;
  }
  if (heard->budget_end <= context.env.now) return Verdict::kIgnore;
  if (message.hops >= context.config.ttl_limit) return Verdict::kReject;
  pass_hit(context, message.query, message.body, static_cast<std::uint8_t>(message.hops + 1));
  return Verdict::kAccept;
}

void Gossip::pass_hit(Context& context, const QueryId& query, const PayloadRef& hit,
                      std::uint8_t hops) {
  Heard* const heard = heard_.find(query);
  if (heard == nullptr || heard->budget_end <= context.env.now) return;
  const auto pairs = hit.ref<HitBody>().files.size();
  if (heard->hits + pairs > limits::kHitsMax) return;
  heard->hits = static_cast<std::uint16_t>(heard->hits + pairs);
  if (Search* const search = search_of(query)) {
    if (!search->first_hit) search->first_hit = context.env.now;
    search->hits += static_cast<std::uint32_t>(pairs);
    context.out.hits.push_back(Found{query, hit, hops, context.env.now - search->started});
    if (search->enough > 0 && search->hits >= search->enough) {
      finish(context, query, EndReason::kEnough);
    }
    return;
  }
  if (heard->upstream == kNoPeer) return;
  Message message;
  message.query = query;
  message.body = hit;
  message.kind = MessageKind::kHit;
  message.overlay = kGossip;
  message.ttl = static_cast<std::uint8_t>(heard->ttl);
  message.hops = hops;
  context.out.sends.push_back(Send{heard->upstream, std::move(message)});
}

void Gossip::on_link_down(Context& context, PeerRef peer) {
  heard_.each([&](const QueryId& query, Heard& heard) {
    if (heard.upstream == peer) heard.upstream = kNoPeer;
    lose(context, query, peer, FirstHopState::kLinkDied);
  });
}

Result<QueryId> Gossip::search(Context& context, const SearchRequest& request) {
  expire(context);
  const unsigned limit = context.config.ttl_limit;
  if (request.ttl == 0 || request.ttl > limit) {
    return not_started(Errc::kInvalidArgument, "a TTL of " + std::to_string(request.ttl) +
                                                   " is not in 1.." + std::to_string(limit));
  }
  const Duration budget =
      request.budget == Duration{} ? limits::default_budget(request.ttl) : request.budget;
  const Duration most = limits::budget_max(limit);
  if (budget < std::chrono::milliseconds(1) || budget > most) {
    return not_started(Errc::kInvalidArgument,
                       "its time budget is not in 1.." + std::to_string(to_ms(most)) + " ms");
  }
  if (!context.links.any_active()) {
    return not_started(Errc::kNotConnected, "no friend is connected");
  }
  if (searches_.size() >= context.config.searches_max || heard_.size() >= context.config.seen_max) {
    return not_started(Errc::kOverloaded, std::to_string(searches_.size()) + " searches are open");
  }
  const QueryId query = context.env.source.fresh_query_id();
  Heard heard;
  heard.forget_at = context.env.now + limits::remember_query_for(limit);
  heard.budget_end = context.env.now + budget;
  heard.ttl = static_cast<std::uint16_t>(request.ttl + 1);
  heard_.add(query, std::move(heard), context.env.source);
  const auto fanout = static_cast<std::uint8_t>((*request.parameters)[kFanout]);
  tell_some(context, query, encode(fanout, request.body.ref<QueryBody>()));

  Search& search = searches_.emplace_back();
  search.query = query;
  search.started = context.env.now;
  search.deadline = context.env.now + budget;
  search.enough = request.enough;
  search.ttl = request.ttl;
  for (FirstHop hop : context.roster) {
    const auto& told = heard_.find(query)->told;
    const bool drawn = std::ranges::find(told, hop.peer) != told.end();
    if (hop.state == FirstHopState::kOpen && !drawn) {
      hop.state = told.empty() ? FirstHopState::kNoTime : FirstHopState::kNotNeeded;
    }
    search.first_hops.push_back(hop);
  }
  for (const PeerRef peer : heard_.find(query)->told) {
    const auto& hops = search.first_hops;
    const bool listed = std::ranges::find(hops, peer, &FirstHop::peer) != hops.end();
    if (!listed) search.first_hops.push_back(FirstHop{peer, Role::kAccepted});  // no friend of ours
  }
  arm(context, search.deadline);
  if (heard_.find(query)->told.empty()) finish(context, query, EndReason::kNobody);
  return query;
}

void Gossip::cancel(Context& context, QueryId query) {
  if (search_of(query) != nullptr) finish(context, query, EndReason::kCancelled);
}

void Gossip::finish(Context& context, const QueryId& query, EndReason reason) {
  Search& search = *search_of(query);
  SearchReport report;
  report.query = query;
  report.via = kGossip;
  report.ttl = search.ttl;
  report.ended = reason;
  report.counted = false;
  report.hits = search.hits;
  report.took = context.env.now - search.started;
  if (search.first_hit) report.first_hit = *search.first_hit - search.started;
  report.first_hops = std::move(search.first_hops);
  context.out.finished.push_back(Finished{std::move(report)});
  searches_.erase(searches_.begin() + (&search - searches_.data()));
  if (searches_.empty()) searches_ = std::vector<Search>();  // gives its memory back
}

Gossip::Search* Gossip::search_of(const QueryId& query) {
  const auto at = std::ranges::find(searches_, query, &Search::query);
  return at == searches_.end() ? nullptr : &*at;
}

bool Gossip::owns(const QueryId& query) const {
  return std::ranges::find(searches_, query, &Search::query) != searches_.end();
}

void Gossip::on_timer(Context& context) {
  armed_ = Instant::max();
  expire(context);
  Instant next = heard_.next_due();
  for (const Search& search : searches_) next = std::min(next, search.deadline);
  if (next != Instant::max()) arm(context, next);
}

void Gossip::arm(Context& context, Instant at) {
  if (at >= armed_) return;
  armed_ = at;
  context.out.arm(TimerSlot{kGossip.value}, at);
}

void Gossip::expire(Context& context) {
  const Instant now = context.env.now;
  for (std::size_t i = 0; i < searches_.size();) {
    if (searches_[i].deadline > now) {
      ++i;
    } else {
      const QueryId query = searches_[i].query;
      finish(context, query, EndReason::kDeadline);
    }
  }
  while (heard_.due(now) != nullptr) heard_.forget_oldest();
}

std::size_t Gossip::bytes() const {
  constexpr std::size_t kMapNode = 56;
  std::size_t sum = sizeof(Gossip) + heard_.bytes() + searches_.capacity() * sizeof(Search) +
                    looking_.size() * kMapNode;
  heard_.each([&sum](const QueryId&, const Heard& heard) {
    sum += heard.told.capacity() * sizeof(PeerRef);
  });
  for (const Search& search : searches_) {
    sum += search.first_hops.capacity() * sizeof(FirstHop);
  }
  return sum;
}

}  // namespace shoal::overlay
