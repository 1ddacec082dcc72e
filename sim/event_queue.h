// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "proto/types/ids.h"
#include "proto/types/message.h"
#include "proto/types/time.h"

namespace shoal::sim {

/// When an event happens among all others: by time, then by who caused it, then by the causer's own
/// count. A total order that depends on nothing but what the peers did.
struct EventOrder {
  Instant at;
  std::uint32_t cause = 0;  ///< 0: the world; else the peer's index + 1
  std::uint64_t number = 0;
  friend auto operator<=>(const EventOrder&, const EventOrder&) = default;
};

/// Something that will happen at a peer, or to the world.
struct Event {
  enum class Kind : std::uint8_t {
    kDelivery,  ///< `message` arrives from `from`
    kTimer,     ///< `number` is the timer slot
    kCut,       ///< `from` has cut its link to `at`
    kMatches,   ///< `number` is the lookup token, message.body the query, `limit` its bound
    kShares,    ///< `number` is the token of the list of shares, `after` and `limit` its bounds
    kVisit,     ///< `message` arrives from `from`, without a link
    kReturn,    ///< `message` to `from` could not be delivered
    kDial,      ///< the dial of `at` to `from` ends; `limit`: it has failed
    kAction,    ///< `number` says which of the world's actions
  };
  EventOrder order;
  Kind kind = Kind::kAction;
  PeerRef at = kNoPeer;
  PeerRef from = kNoPeer;
  std::uint32_t incarnation = 0;  ///< of the link, or of the peer
  std::uint32_t limit = 0;
  std::uint64_t number = 0;
  Message message;
  ContentId after;
};

/// The events to come, earliest first. Cost: O(log n) per operation.
class EventQueue {
 public:
  void push(Event event);
  /// Requires that it is not empty.
  Event pop();
  /// Instant::max() when empty.
  [[nodiscard]] Instant next() const;
  [[nodiscard]] bool empty() const { return heap_.empty(); }

 private:
  std::vector<Event> heap_;
};

}  // namespace shoal::sim
