// SPDX-License-Identifier: Apache-2.0
#include "overlay/flood/flood.h"

#include <algorithm>
#include <utility>

#include "overlay/core/registry.h"
#include "overlay/flood/faults.h"
#include "proto/types/assert.h"
#include "proto/types/limits.h"

namespace shoal::overlay {
std::unique_ptr<Overlay> make_flood(Env&) { return std::make_unique<Flood>(); }

// ---- dispatch ----------------------------------------------------------------------------------

Verdict Flood::on_message(Context& context, PeerRef from, const Message& message) {
  if (seen_.next_due() <= context.env.now) expire(context);
  Verdict verdict = Verdict::kReject;
  switch (message.kind) {
    case MessageKind::kQuery:
      verdict = on_query(context, from, message);
      break;
    case MessageKind::kEchoDuplicate:
    case MessageKind::kEchoLeaf:
    case MessageKind::kEchoRefused:
    case MessageKind::kEcho:
      verdict = on_echo(context, from, message);
      break;
    case MessageKind::kHit:
      verdict = on_hit(context, from, message);
      break;
    case MessageKind::kCancel:
      verdict = on_cancel(context, from, message);
      break;
    case MessageKind::kLinkActive:
    case MessageKind::kLinkStandby:
      break;  // the membership's; an overlay's own kinds: not ours
  }
  return verdict;
}

void Flood::on_matches(Context& context, LookupToken token, std::span<const PayloadRef> hits,
                       std::uint32_t excess) {
  const auto index = static_cast<CopyIndex>(token.value & 0xffff'ffffU);
  const auto generation = static_cast<std::uint32_t>(token.value >> 32 & 0xff'ffffU);
  Copy* const copy = copies_.find(index, generation);
  // Too late: that copy is answered or taken back, or its time is up.
  if (copy == nullptr || copy->budget_end <= context.env.now) return;
  copy->awaits_lookup = 0;
  if (excess > 0) copies_[index].counts().hits_dropped += excess;
  for (const PayloadRef& hit : hits) pass_hit(context, index, hit, 0);
  close_if_answered(context, index);
}

void Flood::on_timer(Context& context) {
  armed_ = Instant::max();
  expire(context);
  copies_.shrink();
  // What is due is forgotten when a message comes, so queries need the timer only at a peer to whom
  // none comes: then all are forgotten when the last one is due.
  arm(context, std::min(copies_.next_deadline(), seen_.last_due()));
}

/// Answers the copies whose time is up and forgets the queries whose time is up.
void Flood::expire(Context& context) {
  for (CopyIndex index = copies_.due(context.env.now); index != kNone;
       index = copies_.due(context.env.now)) {
    if (copies_[index].own()) {
      finish(context, index, EndReason::kDeadline);
    } else {
      answer(context, index);
    }
  }
  while (const Seen* const seen = seen_.due(context.env.now)) {
    while (seen->copies != kNone) release(seen->copies);
    seen_.forget_oldest();
  }
}

// What closes may leave the timer armed too early, and it is armed anew when it has fired; so only
// what opens has to arm it, and rest() when nothing is left open. A query is forgotten after the
// last deadline of its copies.
void Flood::arm(Context& context, Instant deadline) {
  if (deadline >= armed_) return;
  armed_ = deadline;
  context.out.arm(TimerSlot{id_.value}, deadline);
}

/// After a copy was closed: if no other has a deadline, the timer can wait until the last query is
/// to be forgotten.
void Flood::rest(Context& context) {
  if (copies_.timed() > 0) return;
  copies_.shrink();
  if (armed_ >= seen_.last_due() || seen_.size() == 0) return;
  armed_ = seen_.last_due();
  context.out.arm(TimerSlot{id_.value}, armed_);
}

// ---- queries, going down -----------------------------------------------------------------------

Verdict Flood::on_query(Context& context, PeerRef from, const Message& message) {
  const auto& query = message.body.ref<QueryBody>();
  Seen* seen = seen_.find(message.query);
  const bool first = seen == nullptr;
  const bool deeper = !first && query.rule == DuplicateRule::kDeepest &&
                      message.ttl > seen->best_ttl && !planted(FloodFault::kDropDeeperCopies);
  if (!first && !deeper) {
    refuse(context, from, message, MessageKind::kEchoDuplicate);
    return Verdict::kAccept;
  }
  if (copies_.size() >= context.config.copies_max ||
      (first && seen_.size() >= context.config.seen_max)) {
    refuse(context, from, message, MessageKind::kEchoRefused);
    return Verdict::kAccept;
  }
  const Instant deadline = context.env.now + std::chrono::milliseconds(message.budget_ms);
  if (first) {
    const Instant forget_at =
        context.env.now + limits::remember_query_for(context.config.ttl_limit);
    seen = seen_.add(message.query, {.forget_at = forget_at}, context.env.source);
  } else if (deadline >= seen->forget_at) {
    return Verdict::kReject;  // the origin's budget ended long ago: somebody keeps it alive
  }
  // A copy that wants no answer needs no end of its own: it goes with its query, or when its time
  // is up and the next one comes.
  if (const CopyIndex late = copies_.late(context.env.now); late != kNone) release(late);
  const CopyIndex index = query.echo ? copies_.open(deadline) : copies_.open_untimed(deadline);
  Copy& copy = copies_[index];
  copy.query = message.query;
  copy.body = message.body;
  copy.upstream = from;
  copy.ttl = message.ttl;
  copy.hop = static_cast<std::uint8_t>(message.hops + 1);
  // A later wave, with more hops, may come by a longer way: then its echo changes nothing.
  const bool nearer = first || copy.hop < seen->hop;
  copy.corrects_hop = nearer ? seen->hop : copy.hop;
  copy.next_of_query = std::exchange(seen->copies, index);
  seen->best_ttl = message.ttl;
  if (nearer) seen->hop = copy.hop;
  arm(context, query.echo ? deadline : seen->forget_at);
  if (first || planted(FloodFault::kAnswerEveryCopy)) ask(context, index);
  if (message.ttl > 1 || planted(FloodFault::kForwardLastHop)) forward(context, index);
  close_if_answered(context, index);
  return Verdict::kAccept;
}

void Flood::ask(Context& context, CopyIndex index) {
  Copy& copy = copies_[index];
  copy.awaits_lookup = 1;
  const LookupToken token{std::uint64_t{id_.value} << 56 | std::uint64_t{copy.generation} << 32 |
                          index};
  context.out.lookups.push_back(
      Lookup{token, copy.body, static_cast<std::uint32_t>(limits::kHitsPerPeer), copy.query});
}

void Flood::forward(Context& context, CopyIndex index, std::span<const PeerRef> only) {
  Copy& copy = copies_[index];
  const bool echo = copy.body.ref<QueryBody>().echo;
  const bool counted = echo || copy.own();  // else nobody will ever read the counts
  const std::size_t hoard = planted(FloodFault::kHoardEdges) ? 256 : 0;
  if (counted) copy.edges.reserve(context.links.all().size() - (copy.own() ? 0 : 1) + hoard);
  const bool last = last_hop_ != nullptr && (copy.ttl == 2 || planted(FloodFault::kSpareEarlier));
  const auto spared =
      last ? last_hop_->cannot_match(copy.body.ref<QueryBody>()) : std::span<const PeerRef>();
  for (const Link& link : context.links.all()) {
    const bool asker = link.peer == copy.upstream && !planted(FloodFault::kForwardToAsker);
    if (!link.active() || asker) continue;
    if (!only.empty() && std::ranges::find(only, link.peer) == only.end()) continue;
    if (!spared.empty() && std::ranges::find(spared, link.peer) != spared.end()) {
      if (counted && !planted(FloodFault::kHideSpared)) ++copies_[index].counts().spared;
      if (copy.own()) mark_first_hop(index, link.peer, FirstHopState::kNotNeeded);
      continue;
    }
    // A child's echo must be here before this copy's own end: there and back, and a margin.
    Duration left = copy.budget_end - context.env.now;
    if (!planted(FloodFault::kNoHopMargin)) left -= 2 * link.delay_bound() + limits::kHopMargin;
    const std::int64_t child_budget_ms = to_ms(left);
    if (child_budget_ms <= 0) {
      if (counted) ++copies_[index].counts().cut_by_budget;
      if (copy.own()) mark_first_hop(index, link.peer, FirstHopState::kNoTime);
      continue;
    }
    Message& message = context.out.send(link.peer);
    message.query = copy.query;
    message.body = copy.body;
    message.kind = MessageKind::kQuery;
    message.overlay = id_;
    message.ttl = static_cast<std::uint8_t>(copy.ttl - 1);
    message.hops = copy.hop;
    message.budget_ms = static_cast<std::uint32_t>(child_budget_ms);
    if (counted) copy.edges.count(Edges::kCopies);
    if (echo) copy.edges.add(link.peer);
    if (copy.own()) mark_first_hop(index, link.peer, FirstHopState::kOpen);
  }
}

void Flood::refuse(Context& context, PeerRef to, const Message& message, MessageKind kind) {
  if (!message.body.ref<QueryBody>().echo) return;
  Message& echo = context.out.send(to);
  echo.query = message.query;
  echo.kind = kind;
  echo.overlay = id_;
  echo.ttl = message.ttl;
}

void Flood::on_dropped(Context& context, PeerRef to, const Message& message) {
  // Only copies of queries are given back while a link lives; echoes and hits go with their link,
  // and the other end counts their copies as unanswered.
  if (message.kind != MessageKind::kQuery) return;
  const Seen* const seen = seen_.find(message.query);
  const CopyIndex index = seen == nullptr ? kNone : find_parent(*seen, to, message.ttl);
  if (index == kNone) return;
  const Copy& copy = copies_[index];
  if (!copy.own() && !copy.body.ref<QueryBody>().echo) return;
  copies_[index].edges.remove(to);
  copies_[index].edges.uncount(Edges::kCopies);
  ++copies_[index].counts().dropped;
  if (copies_[index].own()) mark_first_hop(index, to, FirstHopState::kGivenBack);
  close_if_answered(context, index);
}

// ---- tables ------------------------------------------------------------------------------------

CopyIndex Flood::find_copy(const Seen& seen, std::uint16_t ttl) {
  CopyIndex index = seen.copies;
  while (index != kNone && copies_[index].ttl != ttl) index = copies_[index].next_of_query;
  return index;
}

CopyIndex Flood::find_parent(const Seen& seen, PeerRef to, std::uint8_t ttl) {
  CopyIndex index = find_copy(seen, static_cast<std::uint16_t>(ttl + 1));
  if (index == kNone) return kNone;
  const Copy& copy = copies_[index];
  // Without echoes nothing says when a copy below is done, so no edges are kept.
  const bool sent = copy.body.ref<QueryBody>().echo ? copy.edges.has(to) : to != copy.upstream;
  return sent ? index : kNone;
}

void Flood::release(CopyIndex index) {
  Copy& copy = copies_[index];
  Seen* const seen = seen_.find(copy.query);
  SHOAL_ASSERT(seen != nullptr);
  std::uint32_t* at = &seen->copies;
  while (*at != index) {
    SHOAL_ASSERT(*at != kNone);
    at = &copies_[*at].next_of_query;
  }
  *at = std::exchange(copy.next_of_query, kNone);
  copies_.close(index);
}

bool Flood::warm_message(unsigned step, MessageKind kind, const QueryId& query) const {
  if (kind != MessageKind::kQuery) {
    if (step == 0) {
      seen_.warm();
      copies_.warm();
      return false;
    }
    return copies_.last_answers();  // then the copy's own will leave
  }
  if (step == 0) {
    seen_.warm();
    return false;
  }
  if (seen_.newest_is(query)) return false;  // most are repeated
  seen_.warm_all();
  copies_.warm();
  return true;
}

void Flood::warm_timer(unsigned step) const {
  if (step != 0) return;
  seen_.warm_oldest();
  copies_.warm();
}

std::size_t Flood::bytes() const {
  const std::size_t searches_bytes =
      searches_ == nullptr ? 0 : sizeof(*searches_) + searches_->capacity() * sizeof(Search);
  return sizeof(Flood) + seen_.bytes() + copies_.bytes() + searches_bytes;
}

}  // namespace shoal::overlay
