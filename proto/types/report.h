// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/types/bodies.h"
#include "proto/types/ids.h"
#include "proto/types/message.h"
#include "proto/types/time.h"

namespace shoal {

/// Why a search ended.
enum class EndReason : std::uint8_t {
  kAnswered,   ///< every copy was answered
  kDeadline,   ///< its time budget ran out
  kEnough,     ///< as many hits as were asked for
  kCancelled,  ///< the user took it back
  kNobody,     ///< nobody could be asked: no copy left this peer
};
std::string_view to_text(EndReason reason);

/// What became of the copy that the origin sent over one of its own links.
enum class FirstHopState : std::uint8_t {
  kOpen,       ///< not answered when the search ended
  kAnswered,   ///< echo with what lies below
  kDuplicate,  ///< that peer had the query already
  kRefused,    ///< that peer is at a limit
  kLinkDied,   ///< the link went down with the copy open
  kGivenBack,  ///< the copy never left this peer
  kNoTime,     ///< the time budget was too small for this link
  kStandby,    ///< not asked: the link is on standby
  kDown,       ///< not asked: the link is down
  kNotNeeded,  ///< not asked: it cannot match, or the search was over before its turn
};
std::string_view to_text(FirstHopState state);
std::string_view to_text(Role role);

/// Did a copy go out to that peer?
bool was_asked(FirstHopState state);

struct FirstHop {
  PeerRef peer;
  Role role = Role::kFriend;
  FirstHopState state = FirstHopState::kOpen;
};

/// A count that only one overlay has: "walkers that found something", 3.
struct ReportNote {
  std::string what;
  std::uint32_t count = 0;
  friend bool operator==(const ReportNote&, const ReportNote&) = default;
};

/// The account of one finished search; the same on the wire and in the simulator.
///
/// `complete`: every copy was answered, and all counts equal the truth. Otherwise the number of
/// peers within h hops is at least sum(peers_by_hop[1..h]) for each h; a single hop says nothing.
struct SearchReport {
  QueryId query;
  OverlayId via;
  std::uint8_t ttl = 0;
  EndReason ended = EndReason::kAnswered;
  bool complete = false;
  bool counted = true;     ///< false when echoes were off: all counts but `hits` are unknown
  Counts counts;           ///< hop 1 are this peer's neighbours
  std::uint32_t hits = 0;  ///< (holder, file) pairs handed out
  Duration took{};
  std::optional<Duration> first_hit;  ///< after the start
  /// This peer's own links, in the order of its friends; empty where a search goes by none of them.
  std::vector<FirstHop> first_hops;
  std::vector<ReportNote> notes;  ///< what else its overlay can tell

  /// Peers asked in all; a lower bound unless `complete`.
  [[nodiscard]] std::int64_t peers_asked() const;
  [[nodiscard]] bool asked_anybody() const;
  /// Peers with no hop left to ask further: those at the last hop that the TTL allows.
  [[nodiscard]] std::int64_t cut_by_ttl() const;
};

}  // namespace shoal
