// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "overlay/flood/edges.h"
#include "overlay/flood/scattered.h"
#include "proto/types/bodies.h"
#include "proto/types/ids.h"
#include "proto/types/payload.h"
#include "proto/types/time.h"

namespace shoal::overlay {

/// Index of a slot in Copies; kNone ends a list.
using CopyIndex = std::uint32_t;
inline constexpr std::uint32_t kNone = 0xffff'ffffU;

/// One received copy of a query that is not answered yet, or an own search.
///
/// The way back for hits and the echo of this copy: `upstream`. The way down: its edges, the links
/// over which it was sent on and not answered yet.
struct Copy {
  QueryId query;
  PayloadRef body;
  /// What lies below, but for what `edges` count; made when first needed, so that most copies need
  /// none until they are answered.
  std::unique_ptr<EchoBody> echo;
  Instant budget_end;          ///< what comes back later is too late
  Edges edges;                 ///< to whom it was sent on, and what is counted most
  PeerRef upstream = kNoPeer;  ///< kNoPeer: an own search
  CopyIndex next_of_query = kNone;
  std::uint32_t generation : 24 = 0;  ///< of the slot; tells a stale token
  std::uint32_t hop : 8 = 0;          ///< this peer's distance from the origin by this copy
  std::uint16_t ttl : 9 = 0;          ///< as received; one more than the search's for an own one
  std::uint16_t awaits_lookup : 1 = 0;
  std::uint16_t timed : 1 = 0;
  std::uint16_t live : 1 = 0;
  std::uint8_t corrects_hop = 0;  ///< where this peer was counted before; 0: nowhere

  [[nodiscard]] bool own() const { return upstream == kNoPeer; }
  /// What was counted but for what `edges` count.
  Counts& counts();
  /// All that was counted; afterwards there is nothing.
  [[nodiscard]] std::unique_ptr<EchoBody> take_echo();
};
// Two cache lines where memory comes in such pieces, and a third less than that of all.
static_assert(sizeof(Copy) == 96);

/// The open copies of one overlay, their edges and their deadlines. Slots are used again.
///
/// Cost: O(1) but for edges, which are searched linearly, and deadlines: looked through while there
/// are few slots, else O(log copies). 96 bytes a copy, 8 more if there are several, and what Edges
/// take.
class Copies {
 public:
  /// A fresh slot, due at `budget_end`.
  CopyIndex open(Instant budget_end);
  /// The same, but it never is due.
  CopyIndex open_untimed(Instant budget_end);
  /// Gives the slot back. Requires that it has left its query's list.
  void close(CopyIndex index);

  Copy& operator[](CopyIndex index) { return slots_[index]; }
  /// The slot of a generation, or null when it was closed since.
  Copy* find(CopyIndex index, std::uint32_t generation);
  /// One past the largest index in use, to walk all copies in a fixed order; see Copy::live.
  [[nodiscard]] CopyIndex end() const { return static_cast<CopyIndex>(slots_.size()); }
  [[nodiscard]] std::size_t size() const { return live_; }
  /// How many of them have a deadline.
  [[nodiscard]] std::size_t timed() const { return timed_; }

  /// A copy without deadline whose budget has ended by `now`, or kNone; found while there are
  /// few slots.
  [[nodiscard]] CopyIndex late(Instant now) const;
  /// Has the processor fetch the only slot, or what says where the slots are.
  void warm() const { slots_.warm(); }

  /// Whether the only slot's copy waits for few more answers only, which may come before anything
  /// that is fetched now is here. Cheap once it was fetched.
  [[nodiscard]] bool last_answers() const {
    constexpr std::uint32_t kAtOnce = 3;
    return timed_ > 0 && slots_.size() == 1 && slots_[0].edges.open() <= kAtOnce;
  }

  /// The earliest deadline; Instant::max() when there is none.
  Instant next_deadline();
  /// A copy whose deadline has come, or kNone. It stays due until it is closed.
  CopyIndex due(Instant now);

  /// Gives all storage back if nothing is open.
  void shrink();
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Deadline {
    Instant at;
    CopyIndex index;
    std::uint32_t generation;
    /// Earliest first; ties by slot, so that the order never depends on the heap's history.
    friend bool operator>(const Deadline& a, const Deadline& b) {
      return a.at != b.at ? a.at > b.at : a.index > b.index;
    }
  };

  using Deadlines = std::vector<Deadline>;

  static constexpr std::size_t kFew = 16;
  static constexpr std::size_t kLooked = 8;

  CopyIndex take_slot(Instant budget_end);
  [[nodiscard]] bool few() const { return slots_.size() <= kFew; }
  [[nodiscard]] CopyIndex first_due() const;
  void note_deadline(CopyIndex index);
  void note_deadlines(CopyIndex index);
  void drop_stale_deadlines();
  void compact_deadlines();
  Deadlines& deadlines();

  Scattered<Copy> slots_;
  /// A heap; closed copies stay until they surface. Null while there are few slots.
  std::unique_ptr<Deadlines> deadlines_;
  CopyIndex free_slot_ = kNone;  // linked through next_of_query
  std::uint32_t generations_ = 0;
  std::uint32_t live_ = 0;
  std::uint32_t timed_ = 0;  // of these with a deadline
};

}  // namespace shoal::overlay
