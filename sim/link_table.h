// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "proto/types/ids.h"
#include "proto/types/message.h"
#include "proto/types/rng.h"
#include "proto/types/time.h"
#include "sim/engine/link.h"

namespace shoal::sim {

/// One direction of a link.
struct Direction {
  explicit Direction(Rng draws_) : draws(draws_) {}

  Duration delay{};
  Duration jitter{};
  Rng draws;
  Instant last_arrival{};
  bool stalled = false;
  bool up = false;           ///< the sending end lets messages out and takes them in
  bool believed_up = false;  ///< by the sending end's node
  /// Of the other end's query budget, by the incarnation before this one, and when that ended by
  /// the sending end's own clock.
  std::uint32_t spent = 0;
  Instant spent_at{};
  std::deque<Message> waiting;
};

/// A link between two peers, up or down. `first` has the smaller index.
struct LinkState {
  Direction from_first;
  Direction from_second;
  Duration bound{};
  std::uint32_t incarnation = 0;

  [[nodiscard]] bool up() const { return from_first.up && from_second.up; }
};

/// All links there ever were, by the two peers. Ordered, so that walking it is part of a run's
/// definition.
class LinkTable {
 public:
  /// Requires that there is none.
  LinkState& add(PeerRef first, PeerRef second, const LinkDelay& delay, Rng draws);
  /// Null when they never had one.
  LinkState* find(PeerRef one, PeerRef other);
  /// The direction from `from` to `to`. Requires that the link is known.
  Direction& way(PeerRef from, PeerRef to);
  /// The peers that `peer` has a link with, in order.
  [[nodiscard]] std::vector<PeerRef> partners(PeerRef peer) const;

 private:
  using Key = std::pair<PeerRef, PeerRef>;
  std::map<Key, LinkState> links_;
  std::set<Key> partners_;  // every link from both ends
};

}  // namespace shoal::sim
