// SPDX-License-Identifier: Apache-2.0
// OverlayHost: two connections to one peer, of which one becomes the link.
//
// When both ends dial at the same moment, the end with the lower id decides: it lets one of the two
// connections greet at a time, and the other end greets on both. A link comes up behind the pong of
// the end that decides, so neither end ever asks over the connection that is given up.
#include "overlay/host/host_impl.h"

namespace shoal::overlay {
namespace {

constexpr const char* kTaken = "there is a link already";

bool greets(const LinkEnd& end) {
  return end.phase() == LinkEnd::Phase::kHello || end.phase() == LinkEnd::Phase::kPing;
}

}  // namespace

// One dialled twice: the newer one is alive. Both dialled: the lower id's connection stays, and the
// other end takes what that one greets on: it may know of an end of which this one does not.
bool OverlayHost::Impl::wins(const LinkEnd& old, const LinkEnd& fresh) const {
  return decides(fresh.peer()) && old.dialled() && !fresh.dialled();
}

/// Who greets the same peer, so that `end` has to wait: over a connection that the other end began,
/// if this one decides, and over one that this end began as well.
LinkEnd* OverlayHost::Impl::rival_of(const LinkEnd& end) const {
  for (const auto& [raw, other] : ends_) {
    if (raw == &end || other->peer() != end.peer() || other->visit() || !greets(*other)) continue;
    const bool both_ours = other->dialled() && end.dialled();
    const bool crossed = other->dialled() != end.dialled();
    if (both_ours || (crossed && decides(end.peer()))) return raw;
  }
  return nullptr;
}

void OverlayHost::Impl::let_greet(LinkEnd& end) {
  const LinkEnd* const rival = rival_of(end);
  if (rival == nullptr) return end.release();
  if (end.dialled()) return;
  ++drops_["link held: both ends dialled"];
  end.wait(options_.times.crossed);  // the dial may lead nowhere, and this one has arrived
}

void OverlayHost::Impl::lose_patience(LinkEnd& end) {
  LinkEnd* const rival = rival_of(end);
  if (rival != nullptr && rival->phase() == LinkEnd::Phase::kPing) return;  // it is there after all
  if (rival != nullptr) rival->suspend();
  end.release();
}

void OverlayHost::Impl::let_next_greet(const PeerId& peer) {
  const auto known = book_.ref_of(peer);
  if (stopping_ || (known && up_.contains(*known))) return;
  const auto open = ends_;
  for (const auto& [raw, other] : open) {
    if (other->peer() == peer && other->phase() == LinkEnd::Phase::kHeld && !other->visit()) {
      let_greet(*other);
    }
  }
}

/// The link is up: whoever else would greet that peer needs not any more.
void OverlayHost::Impl::end_rivals(const LinkEnd& winner) {
  for (const auto& [raw, other] : ends_) {
    if (raw == &winner || other->peer() != winner.peer() || other->visit()) continue;
    const bool both_theirs = !other->dialled() && !winner.dialled();  // the newer one is alive
    if (other->phase() <= LinkEnd::Phase::kHello && !both_theirs) {
      other->close({Errc::kConflict, kTaken});
    }
  }
}

}  // namespace shoal::overlay
