// SPDX-License-Identifier: Apache-2.0
// OverlayHost: what the cores of open networks ask for beside messages.
#include <utility>

#include "overlay/host/host_impl.h"
#include "proto/rpc/channel.h"

namespace shoal::overlay {

// ---- handles -----------------------------------------------------------------------------------

void OverlayHost::Impl::keep(const Effects& out) {
  for (const PeerRef peer : out.kept) book_.retain(peer);
}

void OverlayHost::Impl::let_go(const Effects& out) {
  for (const PeerRef peer : out.let_go) book_.release(peer);
}

std::size_t OverlayHost::Impl::known() const {
  std::vector<PeerRef> spares;
  node_.membership().spares(spares);
  return spares.size();
}

void OverlayHost::Impl::introduce(const PeerId& peer, std::vector<std::string> endpoints) {
  if (stopping_ || peer == me_.id() || !options_.node.open) return;
  const auto held = std::make_shared<Held>(book_);
  const PeerRef ref = held->add(peer);
  if (ref == kNoPeer) return;
  if (book_.card_of(ref) == nullptr) {
    book_.learn(ref, rpc::KnownCard{std::move(endpoints), {}, 0, 0});
  }
  drive([ref, held](Env& env, RecordedNode& node, Effects& out) {
    node.on_introduced(env, ref, out);
  });
}

// ---- links -------------------------------------------------------------------------------------

void OverlayHost::Impl::dial_wanted(PeerRef peer) {
  if (stopping_ || up_.contains(peer)) return;
  for (const auto& [raw, wanted] : wanted_) {
    if (wanted.ref == peer) return;  // it is under way
  }
  book_.retain(peer);
  dial_wanted_at({peer, places_of(peer), 0});
}

void OverlayHost::Impl::dial_wanted_at(Wanted wanted) {
  const auto id = book_.id_of(wanted.ref);
  const bool can = id && *id != me_.id() && wanted.next_place < wanted.places.size() &&
                   !offenders_.paused_until(*id, Clock::now());
  if (!can) {
    const auto held = std::make_shared<Held>(book_);
    held->add(wanted.ref);
    drive([this, ref = wanted.ref, held](Env& env, RecordedNode& node, Effects& out) {
      if (node_.links().find(ref) != nullptr) return;  // it came up by the other end's dial
      node.on_link_down(env, ref, LinkDownReason::kRefused, out);
    });
    return book_.release(wanted.ref);
  }
  auto channel = rpc::make_channel(wanted.places[wanted.next_place++], me_, *id);
  const auto end = open_end(dial_link(std::move(channel), strand_, StreamKind::kLink), *id, true);
  wanted_.emplace(end.get(), std::move(wanted));
  let_greet(*end);
}

void OverlayHost::Impl::wanted_ended(const LinkEnd& end) {
  const auto at = wanted_.find(&end);
  if (at == wanted_.end()) return;
  Wanted wanted = std::move(at->second);
  wanted_.erase(at);
  if (end.up_since != Clock::time_point{} || up_.contains(wanted.ref) || stopping_) {
    return book_.release(wanted.ref);
  }
  if (end.met()) wanted.next_place = wanted.places.size();  // it is there, and does not want us
  dial_wanted_at(std::move(wanted));
}

void OverlayHost::Impl::hang_up(PeerRef peer) {
  const auto at = up_.find(peer);
  if (at == up_.end()) return;
  const std::shared_ptr<LinkEnd> end = at->second;
  end->leave({Errc::kCancelled, "this peer ended the link"});
  take_down(*end);
  let_next_greet(end->peer());
}

// ---- shares ------------------------------------------------------------------------------------

void OverlayHost::Impl::shares_changed() {
  if (stopping_) return;
  drive([](Env& env, RecordedNode& node, Effects& out) { node.on_shares_changed(env, out); });
}

void OverlayHost::Impl::list_shares(const ListShares& list) {
  auto reply = [weak = weak_from_this(), token = list.token](const std::vector<SharedFile>& files,
                                                             bool more) {
    const auto self = weak.lock();
    if (!self) return;
    self->async([token, files, more](Impl& host) {
      host.drive([token, files, more](Env& env, RecordedNode& node, Effects& out) {
        node.on_shares(env, token, files, more, out);
      });
    });
  };
  if (hooks_.list_shares) {
    hooks_.list_shares(list.after, list.limit, std::move(reply));
  } else {
    reply({}, false);
  }
}

}  // namespace shoal::overlay
