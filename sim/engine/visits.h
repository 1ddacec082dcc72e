// SPDX-License-Identifier: Apache-2.0
// The transient connections of one peer. Internal to sim.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "proto/types/ids.h"
#include "proto/types/limits_links.h"

namespace shoal::sim {

/// One end's view of its transient connections, in microseconds of the true time: who was talked to
/// lately, and from when on a message to him can leave. A connection that was idle for
/// limits::kVisitIdle is gone; of limits::kVisitsMax those that were used longest ago make room.
///
/// In an open network this is most of what the engine keeps of a peer, and read at every message:
/// so a connection is packed into a quarter of a cache line.
/// Cost: 16 bytes a place, two to four places per connection, 8 KiB at most; O(1), amortized.
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
    std::int64_t there = way.there;
    if (way.ready_in == kClosed || there == 0) {
      const Times drawn = times();
      if (way.ready_in == kClosed) way.opens_in(drawn.greeting);
      there = drawn.there;
      // What does not fit is drawn each time.
      way.there = there < kThereEnd ? static_cast<std::uint64_t>(there) & kThereMask : 0U;
    }
    return {now + static_cast<std::int64_t>(way.ready_in), there};
  }
  /// A message of `peer` came at `now`.
  void hear(PeerRef peer, std::int64_t now) { use(peer, now).ready_in = 0; }
  /// Whether there is a connection to `peer`.
  [[nodiscard]] bool knows(PeerRef peer, std::int64_t now) const;
  void close(PeerRef peer);
  void clear();
  /// Has the processor fetch what leave() and hear() will read.
  void warm(PeerRef peer) const {
    if (!places_.empty()) __builtin_prefetch(&places_[home_of(peer)]);
  }

 private:
  static constexpr unsigned kUsedBits = 42;
  static constexpr unsigned kReadyBits = 28;
  static constexpr unsigned kThereBits = 26;
  static constexpr std::uint64_t kThereMask = (std::uint64_t{1} << kThereBits) - 1;
  static constexpr std::int64_t kThereEnd = std::int64_t{1} << kThereBits;
  static constexpr std::uint64_t kClosed = (std::uint64_t{1} << kReadyBits) - 1;

  struct Connection {
    PeerRef peer = kNoPeer;      ///< kNoPeer: a free place
    std::uint32_t used_low = 0;  ///< when it was used last
    std::uint64_t used_high : kUsedBits - 32 = 0;
    std::uint64_t ready_in : kReadyBits = kClosed;  ///< after that; kClosed: there is none
    std::uint64_t there : kThereBits = 0;           ///< how long the way is, if that is known

    /// Since it was used. After 50 days it begins anew, and who was not talked to for exactly so
    /// long is taken for one with whom there is a connection.
    [[nodiscard]] std::int64_t idle(std::int64_t now) const {
      constexpr unsigned kAbove = 64 - kUsedBits;
      const std::uint64_t used = std::uint64_t{used_high} << 32 | used_low;
      return static_cast<std::int64_t>((static_cast<std::uint64_t>(now) - used) << kAbove) >>
             kAbove;
    }
    [[nodiscard]] bool gone(std::int64_t now) const {
      return ready_in == kClosed || idle(now) > kIdle;
    }
    void use(std::int64_t now) {
      const auto passed = static_cast<std::uint64_t>(std::max<std::int64_t>(idle(now), 0));
      if (gone(now)) {
        ready_in = kClosed;
      } else {
        ready_in = (ready_in - std::min<std::uint64_t>(ready_in, passed)) & kClosed;
      }
      set_used(now);
    }
    void set_used(std::int64_t now) {
      used_low = static_cast<std::uint32_t>(now);
      used_high = static_cast<std::uint64_t>(now) >> 32 & ((1U << (kUsedBits - 32)) - 1);
    }
    void opens_in(std::int64_t greeting) {
      ready_in = std::min(static_cast<std::uint64_t>(greeting), kClosed - 1) & kClosed;
    }
  };
  static_assert(sizeof(Connection) == 16);
  static constexpr std::int64_t kIdle = limits::kVisitIdle.count();

  /// The connection to `peer`, used now; `ready_in` is kClosed if there was none.
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
