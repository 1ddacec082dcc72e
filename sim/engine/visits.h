// SPDX-License-Identifier: Apache-2.0
// The transient connections of one peer. Internal to sim.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "proto/types/ids.h"

namespace shoal::sim {

/// One end's view of its transient connections, in microseconds of the true time: who was talked to
/// lately, and from when on a message to him can leave. A connection that was idle for
/// limits::kVisitIdle is gone; of limits::kVisitsMax those that were used longest ago make room.
///
/// Cost: 24 bytes a place, two to four places per connection; O(1), amortized.
class Visits {
 public:
  /// Sends to `peer` at `now`: when the message can leave, which is `greeting` after the connection
  /// was opened; opens it where there is none.
  std::int64_t leave(PeerRef peer, std::int64_t now, std::int64_t greeting) {
    return leave(peer, now, [greeting] { return Times{0, greeting}; }).leaves;
  }
  /// Of two peers; both never change.
  struct Times {
    std::int64_t there;
    std::int64_t greeting;
  };
  struct Way {
    std::int64_t leaves;
    std::int64_t there;
  };
  /// The same, and how long the way is; `times()` tells the Times of the two where they are not
  /// known.
  template <class F>
  Way leave(PeerRef peer, std::int64_t now, F times) {
    Connection& way = use(peer, now);
    if (way.ready == kNever || way.there == 0) {
      const Times drawn = times();
      if (way.ready == kNever) way.ready = now + drawn.greeting;
      // What does not fit is drawn each time.
      way.there = drawn.there > UINT32_MAX ? 0U : static_cast<std::uint32_t>(drawn.there);
      return {std::max(way.ready, now), drawn.there};
    }
    return {std::max(way.ready, now), way.there};
  }
  /// A message of `peer` came at `now`.
  void hear(PeerRef peer, std::int64_t now) {
    Connection& way = use(peer, now);
    way.ready = way.ready == kNever ? now : std::min(way.ready, now);
  }
  /// Whether there is a connection to `peer`.
  [[nodiscard]] bool knows(PeerRef peer, std::int64_t now) const;
  void close(PeerRef peer);
  void clear();
  /// Has the processor fetch what leave() and hear() will read.
  void warm(PeerRef peer) const {
    if (!places_.empty()) __builtin_prefetch(&places_[home_of(peer)]);
  }

 private:
  static constexpr std::int64_t kNever = INT64_MIN / 2;
  struct Connection {
    PeerRef peer = kNoPeer;   ///< kNoPeer: a free place
    std::uint32_t there = 0;  ///< how long the way is, if that is known
    std::int64_t used = kNever;
    std::int64_t ready = kNever;
  };

  /// The connection to `peer`, used now; `ready` is kNever if there was none.
  Connection& use(PeerRef peer, std::int64_t now);
  [[nodiscard]] std::size_t home_of(PeerRef peer) const {
    return (peer.value * 0x9e37'79b9'7f4a'7c15ULL >> 32) & (places_.size() - 1);
  }
  [[nodiscard]] std::size_t place_of(PeerRef peer) const;
  /// Throws away what is idle, and where too many are left those used longest ago; makes as many
  /// places as are needed.
  void rebuild(std::int64_t now);

  std::vector<Connection> places_;  // by hash, next free place; a power of two
  std::size_t taken_ = 0;           // by connections that are idle too
};

}  // namespace shoal::sim
