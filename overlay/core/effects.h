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
///
/// Without a link, in an open network (NodeConfig::open), what the membership says (in kinds from
/// kFirstOwnMessageKind on) and overlays that ask directly (OverlayEntry::asks_directly) goes over
/// a transient connection: it arrives at most once, may be lost, and such messages keep no order.
/// What the driver knows to have failed it gives back (on_dropped).
struct Send {
  PeerRef to;
  /// Aligned, so that no part of it that is copied at once lies in two cache lines: a processor
  /// that has just written such a part waits for all writes before it when it reads it.
  alignas(16) Message message;
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

/// List what this peer shares: call on_shares(token) with at most `limit` files, in the order of
/// their ids, from the first one behind `after` on; ContentId{} is before all.
struct ListShares {
  LookupToken token;
  ContentId after;
  std::uint32_t limit;
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

/// Make a link to `peer`. The answer is on_link_up, or on_link_down(kRefused); none if there is a
/// link by then anyway.
struct Dial {
  PeerRef peer;
};

/// End the link to `peer` in peace: what was sent over it before still arrives, then its other end
/// hears of the end too. No effect if it is not up.
struct Hangup {
  PeerRef peer;
};

/// This link must go: its peer broke the rules too often. If there is none: the transient
/// connection by which a rejected message came.
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
  std::vector<ListShares> share_lists;
  std::vector<Dial> dials;
  std::vector<Hangup> hangups;
  /// A handle that came as a contact stays valid beyond its call while it is kept: once for each
  /// `kept`, until as many times `let_go`. That of a link is valid while the link is up.
  std::vector<PeerRef> kept;
  std::vector<PeerRef> let_go;

  /// One more send, to be written where it lies: what is written field by field and then copied
  /// makes a processor wait. Valid until the next send.
  Message& send(PeerRef to) {
    Send& fresh = sends.emplace_back();
    fresh.to = to;
    return fresh.message;
  }

  /// Arms a timer, written where it lies too.
  void arm(TimerSlot slot, Instant at) {
    ArmTimer& fresh = timers.emplace_back();
    fresh.slot = slot;
    fresh.at = at;
  }

  void clear() {
    sends.clear();
    timers.clear();
    lookups.clear();
    hits.clear();
    finished.clear();
    links_wanted.clear();
    cuts.clear();
    share_lists.clear();
    dials.clear();
    hangups.clear();
    kept.clear();
    let_go.clear();
  }
  [[nodiscard]] bool empty() const {
    return sends.empty() && timers.empty() && lookups.empty() && hits.empty() && finished.empty() &&
           links_wanted.empty() && cuts.empty() && share_lists.empty() && dials.empty() &&
           hangups.empty() && kept.empty() && let_go.empty();
  }
};

}  // namespace shoal::overlay
