// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "overlay/core/row.h"
#include "proto/types/ids.h"
#include "proto/types/message.h"
#include "proto/types/time.h"

namespace shoal::overlay {

/// One link that is up, as this peer sees it. 16 bytes, kept per neighbour.
struct Link {
  PeerRef peer;
  std::uint16_t delay_bound_ms = 0;      ///< one way, rounded up
  LinkMode ours = LinkMode::kStandby;    ///< what this peer last told the other end
  LinkMode theirs = LinkMode::kStandby;  ///< what the other end last told
  std::uint32_t refilled_ms = 0;         ///< when the bucket was last filled; wraps
  std::uint16_t tokens = 0;              ///< query copies it may still send now
  std::uint8_t strikes = 0;

  /// Queries go over it: one end that listed the other wants it so.
  [[nodiscard]] bool active() const {
    return ours == LinkMode::kActive || theirs == LinkMode::kActive;
  }
  [[nodiscard]] Duration delay_bound() const { return std::chrono::milliseconds(delay_bound_ms); }
};
static_assert(sizeof(Link) == 16);

/// The links that are up, in the order in which they came up.
///
/// Cost: linear look-up; a peer on the wire has at most kLinksMax links.
class Links {
 public:
  [[nodiscard]] std::span<const Link> all() const { return links_; }
  [[nodiscard]] const Link* find(PeerRef peer) const;
  Link* find(PeerRef peer);
  /// As find(); `place`, a place in all(), is looked at first.
  Link* find(PeerRef peer, std::size_t place) {
    const bool there = place < links_.size() && links_[place].peer == peer;
    return there ? &links_[place] : find(peer);
  }
  [[nodiscard]] bool any_active() const;

  /// Has the processor fetch the link at `place`.
  void warm(std::size_t place) const { __builtin_prefetch(links_.data() + place); }
  /// Has it fetch the first dozen.
  void warm_all() const {
    __builtin_prefetch(links_.data());
    __builtin_prefetch(links_.data() + 4);
    __builtin_prefetch(links_.data() + 8);
  }

  /// Requires that no link to `link.peer` is here.
  Link& add(Link link);
  /// Requires that it is here.
  void remove(PeerRef peer);

 private:
  Row<Link> links_;
};

}  // namespace shoal::overlay
