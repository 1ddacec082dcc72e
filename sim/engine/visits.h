// SPDX-License-Identifier: Apache-2.0
// The transient connections of one peer. Internal to sim.
#pragma once

#include <cstdint>
#include <vector>

#include "proto/types/ids.h"

namespace shoal::sim {

/// One end's view of its transient connections, in microseconds of the true time.
///
/// Cost: 24 bytes per connection that was used in the last limits::kVisitIdle.
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
  void clear() { connections_ = {}; }

 private:
  struct Connection {
    PeerRef peer;
    std::int64_t used = 0;
    std::int64_t ready = 0;
  };

  /// The connection to `peer`, fresh if `ready` is later than `now`.
  Connection& use(PeerRef peer, std::int64_t now, std::int64_t ready);

  std::vector<Connection> connections_;
};

}  // namespace shoal::sim
