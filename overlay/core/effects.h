// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "proto/types/ids.h"
#include "proto/types/message.h"
#include "proto/types/report.h"
#include "proto/types/time.h"

namespace shoal::overlay {

/// Which of a Node's timers: 0 is the membership's, else the overlay's number.
using TimerSlot = Id<struct TimerSlotTag, std::uint8_t>;
inline constexpr TimerSlot kMembershipTimer{0};

/// Put `message` into the queue of the link to `to`, behind what is there.
struct Send {
  PeerRef to;
  Message message;
};

/// Call on_timer(slot) at `at` or soon after. Replaces what that slot was armed for.
struct ArmTimer {
  TimerSlot slot;
  Instant at;
};

/// Find what this peer shares that answers `query` (a QueryBody), at most `limit` files, then call
/// on_matches(token), also when there is nothing.
struct Lookup {
  LookupToken token;
  PayloadRef query;
  std::uint32_t limit;
  QueryId id;  ///< of the query; a holder's signature covers it
};

/// One holder that answered an own search. `hops` from this peer to it.
struct Found {
  QueryId query;
  PayloadRef hit;  ///< a HitBody
  std::uint8_t hops;
  Duration after;  ///< since the search began
};

/// The end of an own search: exactly one for each, and no Found after it.
struct Finished {
  SearchReport report;
};

/// The membership asks for one more link: to anyone suitable, in that role.
struct LinkWanted {
  Role role;
};

/// This link must go: its peer broke the rules too often.
struct LinkCut {
  PeerRef peer;
};

/// What a Node wants done. The driver owns it, drains it after each call, list by list in the order
/// of the members below, clears it and uses it again, so that a steady state allocates nothing.
class Effects {
 public:
  std::vector<Send> sends;  ///< in order
  std::vector<ArmTimer> timers;
  std::vector<Lookup> lookups;
  std::vector<Found> hits;
  std::vector<Finished> finished;
  std::vector<LinkWanted> links_wanted;
  std::vector<LinkCut> cuts;

  void clear() {
    sends.clear();
    timers.clear();
    lookups.clear();
    hits.clear();
    finished.clear();
    links_wanted.clear();
    cuts.clear();
  }
  [[nodiscard]] bool empty() const {
    return sends.empty() && timers.empty() && lookups.empty() && hits.empty() && finished.empty() &&
           links_wanted.empty() && cuts.empty();
  }
};

}  // namespace shoal::overlay
