// SPDX-License-Identifier: Apache-2.0
// HyParView: inputs.
#include "overlay/membership/hyparview.h"

#include <algorithm>
#include <utility>

#include "overlay/membership/hyparview_faults.h"
#include "overlay/membership/wishes.h"
#include "proto/types/assert.h"
#include "proto/types/limits.h"

namespace shoal::overlay {

using hyparview::Kind;

// ---- commands ----------------------------------------------------------------------------------

void HyParView::on_start(Context& context) {
  const HyParViewParameters& numbers = context.config.hyparview;
  SHOAL_ASSERT(numbers.active >= 1 && numbers.active <= limits::kActiveViewMax);
  SHOAL_ASSERT(numbers.passive <= limits::kPassiveViewMax && numbers.cycle > Duration{});
  const auto cycle_us = static_cast<std::uint64_t>(context.config.hyparview.cycle.count());
  next_cycle_ = context.env.now + Duration(context.env.rng.below(cycle_us) + 1);
  arm(context);
}

void HyParView::on_introduced(Context& context, PeerRef peer) {
  if (peer == context.env.source.self() || peer == contact_) return;
  context.out.kept.push_back(peer);
  if (contact_ != kNoPeer) context.out.let_go.push_back(contact_);
  contact_ = peer;
  if (active_.empty() && requests_.empty()) {
    ask(context, peer, Kind::kJoin, true);
  } else if (passive_.size() < context.config.hyparview.passive) {
    remember(context, peer);
  }
  arm(context);
}

void HyParView::befriend(Context& context, PeerRef peer, Role) {
  SHOAL_ASSERT(peer != kNoPeer);
  if (is_friend(peer)) return;
  friends_.push_back(peer);
  forget(context, peer);
  if (find(peer) == nullptr && context.links.find(peer) != nullptr) {
    add_member(context, peer, true);
    while (full(context) && make_room(context)) {
    }
  }
  tell_wishes(*this, context);
}

void HyParView::unfriend(Context& context, PeerRef peer) {
  std::erase(friends_, peer);
  tell_wishes(*this, context);
}

LinkMode HyParView::wish(PeerRef peer) const {
  return is_friend(peer) || find(peer) != nullptr ? LinkMode::kActive : LinkMode::kStandby;
}

// ---- links -------------------------------------------------------------------------------------

void HyParView::on_link_up(Context& context, PeerRef peer) {
  drop_request(context, peer);
  if (Member* const member = find(peer)) {
    member->linked = true;
  } else if (is_friend(peer)) {
    if (context.config.hyparview.active <= active_.size()) make_room(context);
    add_member(context, peer, true);
  } else if (!planted(HyParViewFault::kKeepHalfLinks)) {
    context.out.hangups.push_back(Hangup{peer});
  }
  tell_wishes(*this, context);
  arm(context);
}

void HyParView::on_link_down(Context& context, PeerRef peer, bool refused) {
  const Member* const member = find(peer);
  // An old link may end while a new one is waited for.
  if (member != nullptr && member->linked != refused) lost(context, peer);
  if (refused) forget(context, peer);
  repair(context);
  arm(context);
}

void HyParView::on_dropped(Context& context, PeerRef to, const Message&) {
  const Member* const member = find(to);
  if (member != nullptr && !member->linked) lost(context, to);
  forget(context, to);
  drop_request(context, to);
  repair(context);
  arm(context);
}

// ---- messages ----------------------------------------------------------------------------------

void HyParView::say(Context& context, PeerRef to, const Said& said) {
  context.out.sends.push_back(Send{to, hyparview::encode(said)});
}

Verdict HyParView::on_message(Context& context, PeerRef from, const Message& message) {
  const HyParViewParameters& numbers = context.config.hyparview;
  const std::size_t most = std::size_t{1} + numbers.shuffle_active + numbers.shuffle_passive;
  const auto said = hyparview::decode(message, numbers.active_walk, most);
  if (!said || from == context.env.source.self()) return Verdict::kReject;
  Verdict verdict = Verdict::kAccept;
  switch (said->kind) {
    case Kind::kJoin:
      verdict = on_join(context, from);
      break;
    case Kind::kForwardJoin:
      verdict = on_forward_join(context, from, *said);
      break;
    case Kind::kNeighbor:
      say(context, from, {.kind = Kind::kAnswer, .flag = take(context, from, said->flag)});
      break;
    case Kind::kAnswer:
      verdict = on_answer(context, from, said->flag);
      break;
    case Kind::kDisconnect:
      verdict = on_disconnect(context, from);
      break;
    case Kind::kShuffle:
      verdict = on_shuffle(context, from, *said);
      break;
    case Kind::kShuffleReply:
      verdict = on_shuffle_reply(context, *said);
      break;
  }
  arm(context);
  return verdict;
}

Verdict HyParView::on_join(Context& context, PeerRef from) {
  const bool fresh = find(from) == nullptr;
  const bool accepted = take(context, from, true);
  say(context, from, {.kind = Kind::kAnswer, .flag = accepted});
  if (!accepted || !fresh) return Verdict::kAccept;
  for (const Member& member : active_) {
    if (!member.linked || member.peer == from) continue;
    say(context, member.peer,
        {.kind = Kind::kForwardJoin, .ttl = context.config.hyparview.active_walk, .peers = {from}});
  }
  return Verdict::kAccept;
}

Verdict HyParView::on_forward_join(Context& context, PeerRef from, const Said& said) {
  const Member* const sender = find(from);
  if (sender == nullptr || !sender->linked) return Verdict::kIgnore;
  const PeerRef newcomer = said.peers.front();
  if (newcomer == context.env.source.self()) return Verdict::kIgnore;
  const PeerRef next = any_linked(context, from, newcomer);
  if (said.ttl == 0 || next == kNoPeer) {
    const bool known = find(newcomer) != nullptr || request_of(newcomer) != nullptr;
    if (!known) ask(context, newcomer, Kind::kNeighbor, true);
    return Verdict::kAccept;
  }
  if (said.ttl == context.config.hyparview.passive_walk) remember(context, newcomer);
  Said on = said;
  --on.ttl;
  say(context, next, on);
  return Verdict::kAccept;
}

Verdict HyParView::on_answer(Context& context, PeerRef from, bool accepted) {
  const Request* const request = request_of(from);
  if (request == nullptr) return Verdict::kIgnore;  // late, or never asked
  const bool urgent = request->urgent;
  if (!accepted) {
    drop_request(context, from);
    repair(context);
    return Verdict::kAccept;
  }
  if (find(from) == nullptr) {
    if (full(context) && !(urgent && make_room(context))) {
      say(context, from, {.kind = Kind::kDisconnect});
      drop_request(context, from);
      return Verdict::kAccept;
    }
    add_member(context, from, false);
  }
  drop_request(context, from);
  if (!find(from)->linked) context.out.dials.push_back(Dial{from});
  return Verdict::kAccept;
}

Verdict HyParView::on_disconnect(Context& context, PeerRef from) {
  if (find(from) == nullptr) return Verdict::kIgnore;
  if (is_friend(from)) return Verdict::kAccept;  // its link will go, and may come again
  remove_member(context, from);
  remember(context, from);
  tell_wishes(*this, context);
  // Who was let go for another waits for the next cycle: at once it would ask those near by, and so
  // does everybody near by.
  if (active_.empty()) repair(context);
  return Verdict::kAccept;
}

Verdict HyParView::on_shuffle(Context& context, PeerRef from, const Said& said) {
  const Member* const sender = find(from);
  if (sender == nullptr || !sender->linked) return Verdict::kIgnore;
  const PeerRef origin = said.peers.front();
  if (origin == context.env.source.self()) return Verdict::kIgnore;  // the walk came round
  const PeerRef next = said.ttl == 0 ? kNoPeer : any_linked(context, from, origin);
  if (next != kNoPeer) {
    Said on = said;
    --on.ttl;
    say(context, next, on);
    return Verdict::kAccept;
  }
  std::vector<PeerRef> spare;
  spares(spare);
  spare = sample(context, std::move(spare), said.peers.size());
  say(context, origin, {.kind = Kind::kShuffleReply, .nonce = said.nonce, .peers = spare});
  for (const PeerRef peer : said.peers) remember(context, peer, spare);
  return Verdict::kAccept;
}

Verdict HyParView::on_shuffle_reply(Context& context, const Said& said) {
  const bool mine = shuffle_ != nullptr && shuffle_->nonce == said.nonce;
  if (!mine && !planted(HyParViewFault::kTakeAnyReply)) return Verdict::kIgnore;
  const auto closed = std::move(shuffle_);
  const std::span<const PeerRef> sent =
      closed == nullptr ? std::span<const PeerRef>() : closed->sent;
  for (const PeerRef peer : said.peers) remember(context, peer, sent);
  return Verdict::kAccept;
}

// ---- time --------------------------------------------------------------------------------------

void HyParView::on_timer(Context& context) {
  armed_ = Instant::max();
  expire(context);
  if (next_cycle_ <= context.env.now) cycle(context);
  repair(context);
  arm(context);
}

void HyParView::expire(Context& context) {
  const Instant now = context.env.now;
  if (shuffle_ != nullptr && shuffle_->until <= now) shuffle_ = nullptr;
  const auto late = [now](const Member& member) { return !member.linked && member.until <= now; };
  for (auto at = std::ranges::find_if(active_, late); at != active_.end();
       at = std::ranges::find_if(active_, late)) {
    remove_member(context, at->peer);
  }
  const auto silent = [now](const Request& request) { return request.until <= now; };
  for (auto at = std::ranges::find_if(requests_, silent); at != requests_.end();
       at = std::ranges::find_if(requests_, silent)) {
    const PeerRef peer = at->peer;
    forget(context, peer);
    drop_request(context, peer);
  }
}

void HyParView::cycle(Context& context) {
  next_cycle_ = context.env.now + context.config.hyparview.cycle;
  for (Spare& spare : passive_) spare.tried = false;
  shuffle(context);
  renew(context);
  if (active_.empty() && requests_.empty() && contact_ != kNoPeer && unrepaired_ == 0) {
    ask(context, contact_, Kind::kJoin, true);
  }
}

/// Views that are full and never change would keep two parts of a network apart for ever, once they
/// have parted.
void HyParView::renew(Context& context) {
  const std::uint32_t every = context.config.hyparview.renewal;
  if (every == 0 || !full(context) || !requests_.empty() || passive_.empty()) return;
  if (context.env.rng.below(every) != 0) return;
  Spare& spare = passive_[context.env.rng.below(passive_.size())];
  spare.tried = true;
  ask(context, spare.peer, Kind::kNeighbor, true);
}

void HyParView::shuffle(Context& context) {
  const PeerRef to = any_linked(context, kNoPeer);
  if (to == kNoPeer) return;
  const HyParViewParameters& numbers = context.config.hyparview;
  Said said{.kind = Kind::kShuffle, .ttl = numbers.active_walk};
  said.nonce = context.env.source.fresh_nonce();
  said.peers.push_back(context.env.source.self());
  std::vector<PeerRef> some;
  for (const Member& member : active_) {
    if (member.linked && member.peer != to) some.push_back(member.peer);
  }
  for (const PeerRef peer : sample(context, std::move(some), numbers.shuffle_active)) {
    said.peers.push_back(peer);
  }
  std::vector<PeerRef> spare;
  spares(spare);
  for (const PeerRef peer : sample(context, std::move(spare), numbers.shuffle_passive)) {
    said.peers.push_back(peer);
  }
  shuffle_ = std::make_unique<Shuffle>();
  shuffle_->nonce = said.nonce;
  shuffle_->until = context.env.now + limits::kNeighborWait;
  shuffle_->sent = said.peers;
  say(context, to, said);
}

void HyParView::arm(Context& context) {
  Instant at = next_cycle_;
  for (const Member& member : active_) {
    if (!member.linked) at = std::min(at, member.until);
  }
  for (const Request& request : requests_) at = std::min(at, request.until);
  if (at >= armed_ && armed_ > context.env.now) return;
  armed_ = at;
  context.out.arm(kMembershipTimer, at);
}

}  // namespace shoal::overlay
