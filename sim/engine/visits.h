// SPDX-License-Identifier: Apache-2.0
// The transient connections of one peer. Internal to sim.
#pragma once

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
  std::int64_t leave(PeerRef peer, std::int64_t now, std::int64_t greeting);
  /// A message of `peer` came at `now`.
  void hear(PeerRef peer, std::int64_t now);
  /// Whether there is a connection to `peer`.
  [[nodiscard]] bool knows(PeerRef peer, std::int64_t now) const;
  void close(PeerRef peer);
  void clear();

 private:
  static constexpr std::int64_t kNever = INT64_MIN / 2;
  struct Connection {
    PeerRef peer = kNoPeer;  ///< kNoPeer: a free place
    std::int64_t used = kNever;
    std::int64_t ready = 0;
  };

  /// The connection to `peer`, fresh if `ready` is later than `now`.
  Connection& use(PeerRef peer, std::int64_t now, std::int64_t ready);
  [[nodiscard]] std::size_t place_of(PeerRef peer) const;
  /// Throws away what is idle, and where too many are left those used longest ago; makes as many
  /// places as are needed.
  void rebuild(std::int64_t now);

  std::vector<Connection> places_;  // by hash, next free place; a power of two
  std::size_t taken_ = 0;           // by connections that are idle too
};

}  // namespace shoal::sim
