// SPDX-License-Identifier: Apache-2.0
// OverlayHost: transient connections to peers without a link, in open networks.
#include <algorithm>
#include <utility>

#include "overlay/core/registry.h"
#include "overlay/host/host_impl.h"
#include "proto/rpc/channel.h"

namespace shoal::overlay {
namespace {

constexpr const char* kNotOpen = "this network is not open: it knows its friends only";

/// Whether it may go to a peer without a link.
bool travels_alone(const Message& message) { return goes_without_link(registry(), message); }

}  // namespace

// ---- sending -----------------------------------------------------------------------------------

std::vector<std::string> OverlayHost::Impl::places_of(PeerRef peer) const {
  std::vector<std::string> places;
  const auto id = book_.id_of(peer);
  const auto listed = std::ranges::find_if(friends_, [&](const auto& f) { return f->peer == id; });
  if (listed != friends_.end()) places = (*listed)->endpoints;
  if (const auto card = book_.card_of(peer)) {
    for (const std::string& place : card->endpoints) {
      if (std::ranges::find(places, place) == places.end()) places.push_back(place);
    }
  }
  if (places.size() > limits::kPlacesTried) places.resize(limits::kPlacesTried);
  return places;
}

OverlayHost::Impl::Visit* OverlayHost::Impl::visit_to(PeerRef peer) {
  Visit* best = nullptr;
  for (auto& [raw, visit] : visits_) {
    if (visit.ref != peer || raw->phase() > LinkEnd::Phase::kGreeted) continue;
    if (best == nullptr || raw->phase() == LinkEnd::Phase::kGreeted) best = &visit;
  }
  return best;
}

bool OverlayHost::Impl::send_stray(PeerRef to, const Message& message) {
  if (!options_.node.open || stopping_ || !travels_alone(message)) return false;
  Visit* visit = visit_to(to);
  if (visit == nullptr) {
    const auto id = book_.id_of(to);
    auto places = places_of(to);
    if (!id || *id == me_.id() || places.empty()) {
      ++drops_["message given back: nobody knows where its peer is"];
      return false;
    }
    if (offenders_.paused_until(*id, Clock::now())) return false;
    make_room_for_visit(false);
    visit = &dial_visit(*id, std::move(places), 0);
  }
  visit->used = Clock::now();
  if (visit->end->send(message)) return true;
  ++drops_["message given back: queue full"];
  return false;
}

OverlayHost::Impl::Visit& OverlayHost::Impl::dial_visit(const PeerId& peer,
                                                        std::vector<std::string> places,
                                                        std::size_t next) {
  auto channel = rpc::make_channel(places.at(next), me_, peer);
  auto stream = dial_link(std::move(channel), strand_, StreamKind::kVisit);
  const auto end = open_end(std::move(stream), peer, true, StreamKind::kVisit);
  Visit& visit = visits_[end.get()];
  visit.end = end;
  visit.ref = book_.hold(peer);
  SHOAL_ASSERT(visit.ref != kNoPeer);  // whoever wants to send holds it
  visit.used = Clock::now();
  visit.places = std::move(places);
  visit.next_place = next + 1;
  sweep_visits_later();
  end->release();
  return visit;
}

// ---- being visited -----------------------------------------------------------------------------

void OverlayHost::Impl::accept_visit(std::shared_ptr<LinkStream> stream, const PeerId& caller) {
  const auto end = open_end(std::move(stream), caller, false, StreamKind::kVisit);
  if (stopping_) return end->close({Errc::kUnreachable, "this peer is stopping"});
  if (!options_.node.open) {
    ++drops_["visit refused: this network is not open"];
    return end->close({Errc::kDenied, kNotOpen});
  }
  if (!may_link(caller)) {
    ++drops_["visit refused: the key of a query"];
    return end->close({Errc::kDenied, "the key of a query fetches, and nothing else"});
  }
  if (paused(*end)) return;
  const PeerRef ref = book_.hold(caller);
  if (ref == kNoPeer) return end->close({Errc::kOverloaded, "it knows too many peers"});
  make_room_for_visit(true);
  Visit& visit = visits_[end.get()];
  visit.end = end;
  visit.ref = ref;
  visit.used = Clock::now();
  sweep_visits_later();
  end->release();
}

void OverlayHost::Impl::visit_greeted(LinkEnd& end) {
  const auto at = visits_.find(&end);
  if (at == visits_.end()) return;
  at->second.used = Clock::now();  // from here on it can carry something
  contacts_.learn(at->second.ref, end.peer(), end.theirs().card);
}

void OverlayHost::Impl::take_stray(LinkEnd& end, const Message& message) {
  const auto at = visits_.find(&end);
  if (at == visits_.end()) return;
  at->second.used = Clock::now();
  // All else belongs to links, where it is answered.
  if (!travels_alone(message)) return take_stray_garbage(end, "no message for a visit");
  if (message.kind == MessageKind::kHit && !verify_own(message)) {
    ++drops_["hit whose signature is wrong"];
    return;
  }
  hand_in(at->second.ref, message);
  verified_.reset();
}

void OverlayHost::Impl::take_stray_garbage(LinkEnd& end, const std::string& what) {
  ++drops_["malformed: " + what];
  cut_visits(end.peer());
}

// One rejected message ends a visit; so many of them pause its peer.
void OverlayHost::Impl::cut_visits(const PeerId& peer) {
  Closing closing{Errc::kDenied, "a malformed or unasked message"};
  const auto now = Clock::now();
  ++drops_["visit cut for an offence"];
  if (guest_strikes_.strike(peer)) {
    closing.why += ": " + paused_in_words("your", offenders_.note(peer, now), now);
  }
  for (const auto& [raw, visit] : visits_) {
    if (raw->peer() == peer) visit.end->close(closing);
  }
}

// ---- the table ---------------------------------------------------------------------------------

/// A visitor is asked to end its visit, and need not do so before kLeaveTime is over: without a
/// bound those who never do would pile up as fast as they come.
void OverlayHost::Impl::make_room_to_leave() {
  const std::size_t leaving_most =
      std::max<std::size_t>(1, options_.visits.served / limits::kVisitsLeavingPart);
  while (true) {
    auto oldest = visits_.end();
    std::size_t served = 0;
    for (auto at = visits_.begin(); at != visits_.end(); ++at) {
      if (at->first->dialled() || at->first->phase() > LinkEnd::Phase::kLeaving) continue;
      ++served;
      if (at->first->phase() != LinkEnd::Phase::kLeaving) continue;
      if (oldest == visits_.end() || at->second.used < oldest->second.used) oldest = at;
    }
    if (oldest == visits_.end() || served < options_.visits.served + leaving_most) return;
    ++drops_["visit cut off: too many are leaving"];
    oldest->second.end->close({Errc::kOverloaded, "it has too many visits that do not end"});
  }
}

void OverlayHost::Impl::make_room_for_visit(bool served) {
  if (served) make_room_to_leave();
  const auto oldest_of = [&](bool only_served) {
    auto oldest = visits_.end();
    std::size_t count = 0;
    for (auto at = visits_.begin(); at != visits_.end(); ++at) {
      if (at->first->phase() > LinkEnd::Phase::kGreeted) continue;  // about to go
      if (only_served && at->first->dialled()) continue;
      ++count;
      if (oldest == visits_.end() || at->second.used < oldest->second.used) oldest = at;
    }
    return std::pair(count, oldest);
  };
  for (const bool only_served : {true, false}) {
    if (only_served && !served) continue;
    const auto [count, oldest] = oldest_of(only_served);
    if (count < (only_served ? options_.visits.served : options_.visits.all)) continue;
    ++drops_["visit ended: another takes its place"];
    const std::shared_ptr<LinkEnd> end = oldest->second.end;
    end->leave({Errc::kOverloaded, "it has too many visits"});
  }
}

void OverlayHost::Impl::sweep_visits_later() {
  if (sweeping_) return;
  sweeping_ = true;
  const std::chrono::milliseconds often = limits::kVisitSweep;
  visit_sweep_.expires_after(std::min(often, options_.times.visit_idle));
  visit_sweep_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || !self) return;
    self->sweeping_ = false;
    self->sweep_visits();
  });
}

void OverlayHost::Impl::sweep_visits() {
  if (stopping_) return;
  const auto now = Clock::now();
  for (auto& [raw, visit] : visits_) {
    // Nobody is idle who is still on the way: the greeting has a deadline of its own.
    if (!raw->met()) continue;
    const std::chrono::milliseconds idle = raw->dialled()
                                               ? options_.times.visit_idle
                                               : options_.times.visit_idle + limits::kVisitIdleMore;
    if (now - visit.used >= idle) visit.end->leave({Errc::kCancelled, "it was idle"});
  }
  if (!visits_.empty()) sweep_visits_later();
}

/// Where to try again with what a visit did not carry: at the next place of a peer that was not
/// there, or once anew when the visit ended under it. Empty: nowhere.
std::vector<std::string> OverlayHost::Impl::next_places(const LinkEnd& end, const Visit& visit,
                                                        const Closing& closing) const {
  if (stopping_ || closing.code == Errc::kDenied || !end.has_unsent()) return {};
  if (end.met()) return visit.again ? std::vector<std::string>{} : places_of(visit.ref);
  return visit.next_place < visit.places.size() ? visit.places : std::vector<std::string>{};
}

void OverlayHost::Impl::end_visit(LinkEnd& end, const Closing& closing) {
  const auto held = ends_.find(&end);
  const auto at = visits_.find(&end);
  if (held == ends_.end()) return;
  const std::shared_ptr<LinkEnd> keep = held->second;
  ends_.erase(held);
  if (at == visits_.end()) return all_ended();
  Visit visit = std::move(at->second);
  visits_.erase(at);
  const auto holds = std::make_shared<Held>(book_);
  holds->add(visit.ref);
  if (const auto places = next_places(end, visit, closing); !places.empty()) {
    Visit& again = dial_visit(end.peer(), places, end.met() ? 0 : visit.next_place);
    again.used = visit.used;
    again.again = visit.again || end.met();
    again.end->take_queue_of(end);
  } else {
    for (Message& message : end.take_unsent()) give_back(visit.ref, std::move(message), holds);
  }
  book_.release(visit.ref);
  all_ended();
}

}  // namespace shoal::overlay
