// SPDX-License-Identifier: Apache-2.0
#include "sim/workload/faults.h"

namespace shoal::sim {
namespace {

// An engine as apply() wants one, behind a Presence.
struct Hand {
  Presence& presence;

  void crash(PeerRef peer, Duration) { presence.leave(peer.value, Absence::kFault); }
  void restart(PeerRef peer) { presence.join(peer.value, Absence::kFault); }
  void take_down(PeerRef first, PeerRef second) { presence.cut({first.value, second.value}); }
  void bring_up(PeerRef first, PeerRef second) { presence.mend({first.value, second.value}); }
  void stall(PeerRef from, PeerRef to, bool stalled) { presence.engine().stall(from, to, stalled); }
  void jump(PeerRef peer, Duration by) { presence.engine().jump(peer, by); }
  void refuse(PeerRef from, PeerRef to) {
    // Who has not learned yet that its link is down does not dial.
    const Engine& engine = presence.engine();
    const bool dials = presence.here(from.value) && engine.node(from).links().find(to) == nullptr;
    if (dials) presence.engine().refuse(from, to);
  }
};

}  // namespace

Faults::Faults(Presence& presence, std::vector<Incident> incidents)
    : presence_(presence),
      incidents_(std::move(incidents)),
      agenda_(presence.engine(), [this](std::uint64_t) { next(); }) {
  if (!incidents_.empty()) agenda_.add(incidents_.front().at, 0);
}

void Faults::next() {
  Hand hand{presence_};
  const Instant now = presence_.engine().now();
  for (; at_ < incidents_.size() && incidents_[at_].at <= now; ++at_) {
    apply(hand, incidents_[at_], Duration{});
    ++happened_;
  }
  if (at_ < incidents_.size()) agenda_.add(incidents_[at_].at, 0);
}

}  // namespace shoal::sim
