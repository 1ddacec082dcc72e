// SPDX-License-Identifier: Apache-2.0
// HyParView: its two views, and how lost neighbours are replaced.
#include <algorithm>
#include <utility>

#include "overlay/membership/hyparview.h"
#include "overlay/membership/hyparview_faults.h"
#include "proto/types/assert.h"
#include "proto/types/limits.h"

namespace shoal::overlay {

using hyparview::Kind;

// ---- the active view ---------------------------------------------------------------------------

HyParView::Member* HyParView::find(PeerRef peer) {
  const auto at = std::ranges::find(active_, peer, &Member::peer);
  return at == active_.end() ? nullptr : &*at;
}

const HyParView::Member* HyParView::find(PeerRef peer) const {
  const auto at = std::ranges::find(active_, peer, &Member::peer);
  return at == active_.end() ? nullptr : &*at;
}

bool HyParView::is_friend(PeerRef peer) const {
  return std::ranges::find(friends_, peer) != friends_.end();
}

bool HyParView::full(const Context& context) const {
  return active_.size() >= context.config.hyparview.active;
}

PeerRef HyParView::any_linked(Context& context, PeerRef except, PeerRef nor) {
  std::vector<PeerRef> able;
  for (const Member& member : active_) {
    if (member.linked && member.peer != except && member.peer != nor) able.push_back(member.peer);
  }
  return able.empty() ? kNoPeer : able[context.env.rng.below(able.size())];
}

void HyParView::add_member(Context& context, PeerRef peer, bool linked) {
  SHOAL_ASSERT(find(peer) == nullptr);
  context.out.kept.push_back(peer);
  if (!planted(HyParViewFault::kKnowNeighbours)) forget(context, peer);
  active_.push_back(Member{peer, linked, context.env.now + limits::kNeighborWait});
}

/// Its link ends too, whoever let go of whom: else a link that neither end counts as its member's
/// would stay up when both let go at once.
void HyParView::remove_member(Context& context, PeerRef peer) {
  const bool up = context.links.find(peer) != nullptr;
  const bool kept = is_friend(peer) && !planted(HyParViewFault::kEvictFriends);
  if (up && !kept && !planted(HyParViewFault::kKeepOldLinks)) {
    context.out.hangups.push_back(Hangup{peer});
  }
  std::erase_if(active_, [peer](const Member& member) { return member.peer == peer; });
  if (!planted(HyParViewFault::kForgetRelease)) context.out.let_go.push_back(peer);
}

bool HyParView::make_room(Context& context) {
  if (planted(HyParViewFault::kKeepAll)) return true;
  std::vector<Member> able;
  for (const Member& member : active_) {
    if (!is_friend(member.peer) || planted(HyParViewFault::kEvictFriends)) able.push_back(member);
  }
  if (able.empty()) return false;
  const Member gone = able[context.env.rng.below(able.size())];
  say(context, gone.peer, {.kind = Kind::kDisconnect});
  remove_member(context, gone.peer);
  remember(context, gone.peer);
  return true;
}

bool HyParView::may_be_forced(Instant now) {
  const auto passed = static_cast<std::uint64_t>((now - forced_at_) / limits::kForcedNeighborEvery);
  if (passed >= forced_) {
    forced_ = 0;
    forced_at_ = now;
  } else {
    forced_ = static_cast<std::uint8_t>(forced_ - passed);
    forced_at_ += passed * limits::kForcedNeighborEvery;
  }
  if (forced_ >= limits::kForcedNeighbors) return false;
  ++forced_;
  return true;
}

bool HyParView::take(Context& context, PeerRef peer, bool urgent) {
  if (Member* const member = find(peer)) {
    if (!member->linked) member->until = context.env.now + limits::kNeighborWait;
    return true;
  }
  if (full(context) && !(urgent && may_be_forced(context.env.now) && make_room(context))) {
    return false;
  }
  add_member(context, peer, false);
  return true;
}

// ---- the passive view --------------------------------------------------------------------------

void HyParView::remember(Context& context, PeerRef peer, std::span<const PeerRef> first_out) {
  const auto known = [this](PeerRef one) {
    return std::ranges::find(passive_, one, &Spare::peer) != passive_.end();
  };
  if (peer == kNoPeer || peer == context.env.source.self() || is_friend(peer) || known(peer)) {
    return;
  }
  if (find(peer) != nullptr && !planted(HyParViewFault::kKnowNeighbours)) return;
  const std::size_t most = context.config.hyparview.passive;
  if (passive_.size() >= most && !planted(HyParViewFault::kForgetBound)) {
    if (most == 0) return;
    const auto out = std::ranges::find_if(first_out, known);
    forget(context,
           out != first_out.end() ? *out : passive_[context.env.rng.below(passive_.size())].peer);
  }
  context.out.kept.push_back(peer);
  passive_.push_back(Spare{peer});
}

void HyParView::forget(Context& context, PeerRef peer) {
  const auto at = std::ranges::find(passive_, peer, &Spare::peer);
  if (at == passive_.end()) return;
  passive_.erase(at);
  if (!planted(HyParViewFault::kForgetRelease)) context.out.let_go.push_back(peer);
}

std::vector<PeerRef> HyParView::sample(Context& context, std::vector<PeerRef> from,
                                       std::size_t most) {
  const std::size_t count = std::min(most, from.size());
  for (std::size_t i = 0; i < count; ++i) {
    std::swap(from[i], from[i + context.env.rng.below(from.size() - i)]);
  }
  from.resize(count);
  return from;
}

void HyParView::spares(std::vector<PeerRef>& into) const {
  for (const Spare& spare : passive_) into.push_back(spare.peer);
}

// ---- requests and repair -----------------------------------------------------------------------

HyParView::Request* HyParView::request_of(PeerRef peer) {
  const auto at = std::ranges::find(requests_, peer, &Request::peer);
  return at == requests_.end() ? nullptr : &*at;
}

/// Asks `peer` to be a neighbour; with as many open requests as there are places it is remembered.
void HyParView::ask(Context& context, PeerRef peer, Kind kind, bool urgent) {
  if (requests_.size() >= context.config.hyparview.active) return remember(context, peer);
  context.out.kept.push_back(peer);
  requests_.push_back(Request{peer, urgent, context.env.now + limits::kNeighborWait});
  say(context, peer, {.kind = kind, .flag = urgent});
}

void HyParView::drop_request(Context& context, PeerRef peer) {
  const Request* const request = request_of(peer);
  if (request == nullptr) return;
  requests_.erase(requests_.begin() + (request - requests_.data()));
  context.out.let_go.push_back(peer);
}

/// A member has failed.
void HyParView::lost(Context& context, PeerRef peer) {
  remove_member(context, peer);
  if (!context.config.hyparview.repair) ++unrepaired_;
}

/// As many candidates are asked as neighbours are lacking; each once in a cycle.
void HyParView::repair(Context& context) {
  const std::size_t wanted = context.config.hyparview.active;
  while (active_.size() + requests_.size() + unrepaired_ < wanted) {
    std::vector<std::size_t> able;
    for (std::size_t i = 0; i < passive_.size(); ++i) {
      if (!passive_[i].tried && request_of(passive_[i].peer) == nullptr) able.push_back(i);
    }
    if (able.empty()) return;
    Spare& spare = passive_[able[context.env.rng.below(able.size())]];
    spare.tried = true;
    ask(context, spare.peer, Kind::kNeighbor, active_.empty());
  }
}

// ---- getters -----------------------------------------------------------------------------------

void HyParView::roster(const Links& links, std::vector<FirstHop>& into) const {
  for (const PeerRef peer : friends_) {
    const Link* const link = links.find(peer);
    const FirstHopState state = link == nullptr  ? FirstHopState::kDown
                                : link->active() ? FirstHopState::kOpen
                                                 : FirstHopState::kStandby;
    into.push_back(FirstHop{peer, Role::kFriend, state});
  }
}

std::size_t HyParView::bytes() const {
  const std::size_t open_shuffle =
      shuffle_ == nullptr ? 0 : sizeof(Shuffle) + shuffle_->sent.capacity() * sizeof(PeerRef);
  return sizeof(HyParView) + friends_.capacity() * sizeof(PeerRef) +
         active_.capacity() * sizeof(Member) + passive_.capacity() * sizeof(Spare) +
         requests_.capacity() * sizeof(Request) + open_shuffle;
}

}  // namespace shoal::overlay
