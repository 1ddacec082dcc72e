// SPDX-License-Identifier: Apache-2.0
// OverlayHost: links that open, come up, speak and end.
#include <algorithm>
#include <utility>

#include "overlay/host/host_impl.h"
#include "proto/types/limits.h"

namespace shoal::overlay {
namespace {

constexpr const char* kNoFriend = "you are not among its friends";

}  // namespace

std::shared_ptr<LinkEnd> OverlayHost::Impl::open_end(std::shared_ptr<LinkStream> stream,
                                                     const PeerId& peer, bool dialled,
                                                     StreamKind kind) {
  codec::Hello ours;
  ours.version = codec::kVersion;
  ours.network = options_.network;
  ours.ttl_limit = options_.node.ttl_limit;
  ours.card = hooks_.card();
  const auto ref = book_.ref_of(peer);
  ours.mode = ref ? node_.wish(*ref) : LinkMode::kStandby;
  EndTraits traits;
  traits.peer = peer;
  traits.dialled = dialled;
  traits.kind = kind;
  if (is_guest(peer)) traits.pace = options_.guest_pace;
  auto end = std::make_shared<LinkEnd>(std::move(stream), strand_, traits, std::move(ours),
                                       options_.times, outbox_,
                                       kind == StreamKind::kLink ? link_events() : visit_events());
  ends_.emplace(end.get(), end);
  end->begin();
  return end;
}

LinkEnd::Events OverlayHost::Impl::link_events() {
  const auto weak = weak_from_this();
  LinkEnd::Events events;
  events.greeted = [weak](LinkEnd& end) {
    if (const auto self = weak.lock()) self->come_up(end);
  };
  events.alive = [weak](LinkEnd& end) {
    if (const auto self = weak.lock()) self->end_held(end.peer(), "there is a link already");
  };
  events.waited = [weak](LinkEnd& end) {
    if (const auto self = weak.lock()) self->lose_patience(end);
  };
  events.message = [weak](LinkEnd& end, const Message& message) {
    if (const auto self = weak.lock()) self->take_message(end, message);
  };
  events.refused = [weak](LinkEnd& end, codec::Refusal refusal) {
    if (const auto self = weak.lock()) self->take_garbage(end, refusal);
  };
  events.ended = [weak](LinkEnd& end, const Closing& closing) {
    if (const auto self = weak.lock()) self->end_link(end, closing);
  };
  return events;
}

LinkEnd::Events OverlayHost::Impl::visit_events() {
  const auto weak = weak_from_this();
  LinkEnd::Events events;
  events.greeted = [weak](LinkEnd& end) {
    if (const auto self = weak.lock()) self->visit_greeted(end);
  };
  events.message = [weak](LinkEnd& end, const Message& message) {
    if (const auto self = weak.lock()) self->take_stray(end, message);
  };
  events.refused = [weak](LinkEnd& end, codec::Refusal refusal) {
    if (const auto self = weak.lock()) {
      self->take_stray_garbage(end, std::string(codec::to_text(refusal)));
    }
  };
  events.ended = [weak](LinkEnd& end, const Closing& closing) {
    if (const auto self = weak.lock()) self->end_visit(end, closing);
  };
  return events;
}

bool OverlayHost::Impl::may_link(const PeerId& peer) const {
  const rpc::Caller who = book_.classify(peer);
  return who == rpc::Caller::kFriend || who == rpc::Caller::kGuest;
}

bool OverlayHost::Impl::is_guest(const PeerId& peer) const {
  return book_.classify(peer) == rpc::Caller::kGuest;
}

std::size_t OverlayHost::Impl::guest_links() const {
  return static_cast<std::size_t>(std::ranges::count_if(up_, [&](const auto& item) {
    return !item.second->dialled() && is_guest(item.second->peer());
  }));
}

void OverlayHost::Impl::accept(std::shared_ptr<LinkStream> stream, const PeerId& caller) {
  const auto end = open_end(std::move(stream), caller, false);
  const auto known = book_.ref_of(caller);
  const auto other = known ? up_.find(*known) : up_.end();
  if (stopping_) {
    end->close({Errc::kUnreachable, "this peer is stopping"});
  } else if (!may_link(caller)) {
    ++drops_["link refused: not a friend"];
    end->close({Errc::kDenied, kNoFriend});
  } else if (refused(*end, other != up_.end())) {
    return;
  } else if (other != up_.end() && wins(*other->second, *end)) {
    // It dials us though there is a link: that one may be dead without our knowledge.
    ++drops_["link doubted: its peer connected anew"];
    end_held(caller, "a newer link replaces it", end.get());
    other->second->probe();
  } else {
    let_greet(*end);
  }
}

bool OverlayHost::Impl::paused(LinkEnd& end) {
  const auto now = Clock::now();
  const auto until = offenders_.paused_until(end.peer(), now);
  if (!until) return false;
  ++drops_[std::string(end.visit() ? "visit" : "link") + " refused: paused for its offences"];
  end.close({Errc::kDenied, paused_in_words(end.dialled() ? "its" : "your", *until, now)});
  return true;
}

bool OverlayHost::Impl::refused(LinkEnd& end, bool replaces) {
  if (paused(end)) return true;
  if (!replaces && up_.size() >= limits::kLinksMax) {
    ++drops_["link refused: too many"];
    end.close({Errc::kOverloaded, end.dialled() ? "this peer has all the links it may have"
                                                : "it has all the links it may have"});
    return true;
  }
  if (!replaces && !end.dialled() && is_guest(end.peer()) &&
      guest_links() >= limits::kGuestLinksMax) {
    ++drops_["link refused: too many guests"];
    end.close({Errc::kOverloaded, "it has all the guests it may have"});
    return true;
  }
  return false;
}

void OverlayHost::Impl::end_held(const PeerId& peer, const char* why, const LinkEnd* except) {
  for (const auto& [raw, end] : ends_) {
    if (raw == except || end->peer() != peer || end->phase() != LinkEnd::Phase::kHeld) continue;
    end->close({Errc::kConflict, why});
  }
}

void OverlayHost::Impl::come_up(LinkEnd& end) {
  if (!may_link(end.peer())) return end.close({Errc::kDenied, kNoFriend});
  const auto known = book_.ref_of(end.peer());
  const auto other = known ? up_.find(*known) : up_.end();
  if (refused(end, other != up_.end())) return;  // others may have come up while it greeted
  if (other != up_.end()) {
    if (wins(*other->second, end)) {
      return end.close({Errc::kConflict, "there is a link already"});
    }
    const auto former = other->second;
    take_down(*former);
    former->close({Errc::kConflict, "a newer link replaces it"});
  }
  end.ref = book_.hold(end.peer());
  if (end.ref == kNoPeer) return end.close({Errc::kOverloaded, "it knows too many peers"});
  end.up_since = Clock::now();
  up_.emplace(end.ref, ends_.at(&end));
  end_rivals(end);
  const auto card = contacts_.learn(end.ref, end.peer(), end.theirs().card);
  if (card) names_[end.peer()] = card->name;
  if (Friend* const listed = friend_of(end.peer())) {
    listed->failures = 0;
    listed->last_error.clear();
    listed->since = Clock::now();
    listed->next_dial.reset();
    if (card) {
      listed->name = card->name;
      listed->learned = card->endpoints;
    }
  }
  const Duration bound =
      std::clamp<Duration>(4 * end.rtt(), limits::kDelayBoundMinWire, limits::kDelayBoundMax);
  note_accepted(end.ref, end.peer(), true);
  const LinkUp up{end.ref, bound, end.ours().mode, end.theirs().mode, take_spent(end.peer())};
  drive([up](Env& env, RecordedNode& node, Effects& out) { node.on_link_up(env, up, out); });
  if (hooks_.on_link_up) hooks_.on_link_up(end.peer(), card);
}

void OverlayHost::Impl::take_message(LinkEnd& end, const Message& message) {
  if (end.ref == kNoPeer) return;  // it was replaced, and is closing
  if (message.kind == MessageKind::kHit && !verify_own(message)) {
    ++drops_["hit whose signature is wrong"];
    return;
  }
  hand_in(end.ref, message);
  verified_.reset();
}

void OverlayHost::Impl::take_garbage(LinkEnd& end, codec::Refusal refusal) {
  ++drops_["malformed: " + std::string(codec::to_text(refusal))];
  if (end.ref == kNoPeer) return end.close({Errc::kDenied, "malformed greeting"});
  if (refusal == codec::Refusal::kTooLong) return end.close({Errc::kDenied, "a frame over 64 KiB"});
  drive([ref = end.ref](Env& env, RecordedNode& node, Effects& out) {
    node.on_garbage(env, ref, out);
  });
}

void OverlayHost::Impl::take_down(LinkEnd& end) {
  const PeerRef ref = end.ref;
  if (ref == kNoPeer) return;
  remember_budget(end);
  // One that leaves in peace still sends what waits.
  const auto holds = std::make_shared<Held>(book_);
  holds->add(ref);
  if (end.phase() != LinkEnd::Phase::kLeaving) {
    for (Message& message : end.take_unsent()) give_back(ref, std::move(message), holds);
  }
  end.ref = kNoPeer;
  const bool was_up = up_.erase(ref) > 0;
  names_.erase(end.peer());
  if (was_up && hooks_.on_link_down) hooks_.on_link_down(end.peer());
  drive([ref, holds](Env& env, RecordedNode& node, Effects& out) {
    node.on_link_down(env, ref, LinkDownReason::kGone, out);
  });
  note_accepted(ref, end.peer(), false);
  book_.release(ref);
}

/// A membership that chooses neighbours has to know whom not to let go: friends that this peer
/// accepted, and does not dial, are its friends while they have a link.
void OverlayHost::Impl::note_accepted(PeerRef ref, const PeerId& peer, bool linked) {
  if (options_.node.membership == MembershipKind::kFriends || friend_of(peer) != nullptr) return;
  if (linked && book_.role_of(peer) != Role::kAccepted) return;
  const auto held = std::make_shared<Held>(book_);
  held->add(ref);
  drive([ref, linked, held](Env& env, RecordedNode& node, Effects& out) {
    if (linked) {
      node.befriend(env, ref, Role::kAccepted, out);
    } else {
      node.unfriend(env, ref, out);
    }
  });
}

void OverlayHost::Impl::remember_budget(const LinkEnd& end) {
  const std::uint32_t spent = node_.spent(now(), end.ref);
  if (spent == 0) return;
  if (spent_.size() >= limits::kBudgetsRemembered) {
    const std::chrono::duration<double> refill_time(
        static_cast<double>(options_.node.link_queries_burst) /
        options_.node.link_queries_per_second);
    std::erase_if(
        spent_, [&](const auto& known) { return Clock::now() - known.second.when > refill_time; });
  }
  if (spent_.size() < limits::kBudgetsRemembered) spent_[end.peer()] = {spent, Clock::now()};
}

std::uint32_t OverlayHost::Impl::take_spent(const PeerId& peer) {
  const auto known = spent_.find(peer);
  if (known == spent_.end()) return 0;
  const Spent spent = known->second;
  spent_.erase(known);
  const auto since = std::chrono::duration_cast<Duration>(Clock::now() - spent.when);
  return still_spent(options_.node, spent.queries, since);
}

void OverlayHost::Impl::end_link(LinkEnd& end, const Closing& closing) {
  const auto held = ends_.find(&end);
  if (held == ends_.end()) return;
  const std::shared_ptr<LinkEnd> keep = held->second;
  ends_.erase(held);
  const bool was_up = end.ref != kNoPeer;
  take_down(end);
  if (Friend* const listed = friend_of(end.peer())) {
    if (was_up) {
      listed->since = Clock::now();
      listed->last_error = closing.why;
    }
    if (listed->dialling.get() == &end) {
      dial_ended(*listed, end, closing);
    } else if (was_up && listed->dialling == nullptr) {
      dial_later(*listed);
    }
  }
  wanted_ended(end);
  let_next_greet(end.peer());
  all_ended();
}

void OverlayHost::Impl::all_ended() {
  if (!stopping_ || !ends_.empty() || !stopped_) return;
  // Not within a call that still holds handles of the book, which may go with whoever stops us.
  boost::asio::post(strand_, [stopped = std::exchange(stopped_, nullptr)] { stopped(); });
}

}  // namespace shoal::overlay
