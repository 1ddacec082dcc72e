// SPDX-License-Identifier: Apache-2.0
// OverlayHost: friends, and the dials to those that are listed.
#include <algorithm>
#include <utility>

#include "overlay/host/host_impl.h"
#include "proto/rpc/channel.h"
#include "proto/types/limits.h"

namespace shoal::overlay {

OverlayHost::Impl::Friend* OverlayHost::Impl::friend_of(const PeerId& peer) {
  const auto at = std::ranges::find_if(friends_, [&](const auto& f) { return f->peer == peer; });
  return at == friends_.end() ? nullptr : at->get();
}

void OverlayHost::Impl::befriend(const PeerId& peer, std::vector<std::string> endpoints,
                                 Role role) {
  if (stopping_ || peer == me_.id()) return;
  book_.set_friend(peer, role);
  if (role == Role::kAccepted) return;
  Friend* known = friend_of(peer);
  if (known == nullptr) {
    auto fresh = std::make_unique<Friend>();
    fresh->peer = peer;
    fresh->ref = book_.hold(peer);
    if (fresh->ref == kNoPeer) return;
    fresh->timer = std::make_unique<boost::asio::steady_timer>(strand_);
    const auto name = names_.find(peer);  // it may have a link already
    if (name != names_.end()) fresh->name = name->second;
    known = fresh.get();
    friends_.push_back(std::move(fresh));
  }
  known->role = role;
  if (!endpoints.empty()) known->endpoints = std::move(endpoints);
  drive([ref = known->ref, role](Env& env, RecordedNode& node, Effects& out) {
    node.befriend(env, ref, role, out);
  });
  if (known->dialling == nullptr && !up_.contains(known->ref)) dial(*known);
  if (options_.node.open) introduce(peer, known->endpoints);
}

void OverlayHost::Impl::unfriend(const PeerId& peer) {
  book_.remove_friend(peer);
  const auto at = std::ranges::find_if(friends_, [&](const auto& f) { return f->peer == peer; });
  if (at != friends_.end()) {
    const std::unique_ptr<Friend> gone = std::move(*at);
    friends_.erase(at);
    gone->timer->cancel();
    drive([ref = gone->ref](Env& env, RecordedNode& node, Effects& out) {
      node.unfriend(env, ref, out);
    });
    book_.release(gone->ref);
  }
  for (const auto& [raw, end] : ends_) {  // those that still greet, too
    if (end->peer() == peer) end->close({Errc::kDenied, "you are no longer among its friends"});
  }
}

void OverlayHost::Impl::dial(Friend& known) {
  if (offenders_.paused_until(known.peer, Clock::now())) return dial_later(known);
  known.next_dial.reset();
  std::vector<std::string> places = known.endpoints;
  for (const std::string& place : known.learned) {
    if (std::ranges::find(places, place) == places.end()) places.push_back(place);
  }
  if (stopping_ || places.empty()) return;
  const std::string& place = places[known.dials++ % places.size()];
  auto stream = dial_link(rpc::make_channel(place, me_, known.peer), strand_, StreamKind::kLink);
  known.dialling = open_end(std::move(stream), known.peer, true);
  let_greet(*known.dialling);
}

void OverlayHost::Impl::dial_later(Friend& known) {
  if (stopping_ || up_.contains(known.ref)) return;
  const auto now = Clock::now();
  if (const auto until = offenders_.paused_until(known.peer, now)) {
    return dial_in(known, std::chrono::ceil<std::chrono::milliseconds>(*until - now));
  }
  const auto longest = std::min<std::chrono::milliseconds>(
      limits::kDialPauseMin * (1U << std::min(known.failures, 10U)), limits::kDialPauseMax);
  const auto half = static_cast<std::uint64_t>(longest.count()) / 2;
  dial_in(known, std::chrono::milliseconds(half + rng_.below(half + 1)));
}

void OverlayHost::Impl::dial_in(Friend& known, std::chrono::milliseconds pause) {
  known.next_dial = Clock::now() + pause;
  known.timer->expires_after(pause);
  known.timer->async_wait(
      [weak = weak_from_this(), peer = known.peer](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (error || !self) return;
        Friend* const listed = self->friend_of(peer);
        if (listed != nullptr && listed->dialling == nullptr && !self->up_.contains(listed->ref)) {
          self->dial(*listed);
        }
      });
}

void OverlayHost::Impl::dial_ended(Friend& known, const LinkEnd& end, const Closing& closing) {
  known.dialling = nullptr;
  if (up_.contains(known.ref)) return;  // the other end's dial was kept
  const bool was_up = end.up_since != Clock::time_point{};
  if (!was_up) {
    ++known.failures;
    known.last_error = closing.why;
    drive([ref = known.ref](Env& env, RecordedNode& node, Effects& out) {
      node.on_link_down(env, ref, LinkDownReason::kRefused, out);
    });
  }
  dial_later(known);
}

std::vector<LinkStatus> OverlayHost::Impl::links() const {
  const auto now = Clock::now();
  const auto ms_since = [now](Clock::time_point then) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(now - then);
  };
  const auto fill = [&](LinkStatus& status, const LinkEnd& end) {
    const Link* const link = node_.links().find(end.ref);
    status.state = link != nullptr && link->active() ? LinkStatus::State::kActive
                                                     : LinkStatus::State::kStandby;
    status.rtt = end.rtt();
    status.since = ms_since(end.up_since);
  };
  const auto trouble = [&](const PeerId& peer, const std::string& otherwise) {
    const auto until = offenders_.paused_until(peer, now);
    return until ? paused_in_words("its", *until, now) : otherwise;
  };
  std::vector<LinkStatus> all;
  for (const auto& known : friends_) {
    LinkStatus status;
    status.peer = known->peer;
    status.name = known->name;
    status.role = known->role;
    status.listed = true;
    status.friendly = true;
    status.endpoints = known->endpoints;
    const auto up = up_.find(known->ref);
    if (up != up_.end()) {
      fill(status, *up->second);
    } else {
      status.state = known->dialling ? LinkStatus::State::kDialling : LinkStatus::State::kDown;
      status.since = ms_since(known->since);
      status.last_error = trouble(known->peer, known->last_error);
      if (known->next_dial) {
        status.next_dial = std::max(
            std::chrono::milliseconds(0),
            std::chrono::duration_cast<std::chrono::milliseconds>(*known->next_dial - now));
      }
    }
    all.push_back(std::move(status));
  }
  for (const auto& [ref, end] : up_) {
    const auto listed = std::ranges::any_of(
        friends_, [&end = end](const auto& f) { return f->peer == end->peer(); });
    if (listed) continue;
    LinkStatus status;
    status.peer = end->peer();
    status.friendly = book_.role_of(end->peer()).has_value();
    const auto name = names_.find(end->peer());
    if (name != names_.end()) status.name = name->second;
    fill(status, *end);
    all.push_back(std::move(status));
  }
  for (const PeerId& peer : offenders_.paused(now)) {
    const auto ref = book_.ref_of(peer);
    const bool told = (ref && up_.contains(*ref)) ||
                      std::ranges::any_of(friends_, [&](const auto& f) { return f->peer == peer; });
    if (told || book_.classify(peer) != rpc::Caller::kFriend) continue;
    LinkStatus status;
    status.peer = peer;
    status.friendly = true;
    status.last_error = trouble(peer, {});
    all.push_back(std::move(status));
  }
  return all;
}

std::string_view to_text(LinkStatus::State state) {
  switch (state) {
    case LinkStatus::State::kDown:
      return "down";
    case LinkStatus::State::kDialling:
      return "dialling";
    case LinkStatus::State::kStandby:
      return "standby";
    case LinkStatus::State::kActive:
      return "active";
  }
  return "unknown";
}

}  // namespace shoal::overlay
