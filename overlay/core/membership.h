// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "overlay/core/config.h"
#include "overlay/core/effects.h"
#include "overlay/core/env.h"
#include "overlay/core/links.h"
#include "proto/types/message.h"
#include "proto/types/report.h"

namespace shoal::overlay {

/// The overlay number of the membership's own messages.
inline constexpr OverlayId kMembershipMessages{0};

/// Who this peer's neighbours are: decides which links are asked over. As pure as an Overlay.
///
/// It changes `Link::ours` through the Links it is given, and emits the LinkMode messages that tell
/// the other ends.
class Membership {
 public:
  struct Context {
    Env& env;
    const NodeConfig& config;
    Links& links;
    Effects& out;
  };

  virtual ~Membership() = default;
  Membership() = default;
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;

  /// The node is new: no peer is listed and no link is up.
  virtual void on_start(Context& /*context*/) {}
  /// A peer by which to join an open network; no link is needed.
  virtual void on_introduced(Context& /*context*/, PeerRef /*peer*/) {}

  /// Lists `peer`, or gives it another role. A second primary makes the first one a friend.
  virtual void befriend(Context& context, PeerRef peer, Role role) = 0;
  /// Forgets it. Its link, if up, becomes a merely accepted one.
  virtual void unfriend(Context& context, PeerRef peer) = 0;

  /// What to tell that peer in a link's hello.
  [[nodiscard]] virtual LinkMode wish(PeerRef peer) const = 0;
  /// `peer` is in `context.links`.
  virtual void on_link_up(Context& context, PeerRef peer) = 0;
  /// `peer` has left `context.links`, or its dial was refused and it never was there.
  virtual void on_link_down(Context& context, PeerRef peer, bool refused) = 0;
  virtual void on_timer(Context& context) = 0;
  /// A message of kMembershipMessages, of a kind from kFirstOwnMessageKind on; `from` needs a link
  /// only where the network is not open.
  virtual Verdict on_message(Context& /*context*/, PeerRef /*from*/, const Message& /*message*/) {
    return Verdict::kReject;
  }
  /// A message of that sort never left.
  virtual void on_dropped(Context& /*context*/, PeerRef /*to*/, const Message& /*message*/) {}
  /// An own search is about to be sent: whatever waits for certainty is decided now.
  virtual void on_search(Context& context) = 0;

  /// The listed friends in order, as a search's first hops show them (kStandby, kDown; kOpen for a
  /// neighbour).
  virtual void roster(const Links& links, std::vector<FirstHop>& into) const = 0;
  /// Peers that it could be linked with in place of its neighbours.
  virtual void spares(std::vector<PeerRef>& /*into*/) const {}
  /// Bytes of the object and its tables, without the allocator's own.
  [[nodiscard]] virtual std::size_t bytes() const = 0;
};

}  // namespace shoal::overlay
