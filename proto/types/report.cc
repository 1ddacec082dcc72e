// SPDX-License-Identifier: Apache-2.0
#include "proto/types/report.h"

#include <algorithm>
#include <numeric>

#include "proto/types/assert.h"

namespace shoal {

std::string_view to_text(EndReason reason) {
  switch (reason) {
    case EndReason::kAnswered:
      return "answered";
    case EndReason::kDeadline:
      return "deadline";
    case EndReason::kEnough:
      return "enough";
    case EndReason::kCancelled:
      return "cancelled";
    case EndReason::kNobody:
      return "nobody";
  }
  SHOAL_ASSERT(false);
}

std::string_view to_text(FirstHopState state) {
  switch (state) {
    case FirstHopState::kOpen:
      return "open";
    case FirstHopState::kAnswered:
      return "answered";
    case FirstHopState::kDuplicate:
      return "duplicate";
    case FirstHopState::kRefused:
      return "refused";
    case FirstHopState::kLinkDied:
      return "link_died";
    case FirstHopState::kGivenBack:
      return "given_back";
    case FirstHopState::kNoTime:
      return "no_time";
    case FirstHopState::kStandby:
      return "standby";
    case FirstHopState::kDown:
      return "down";
    case FirstHopState::kNotNeeded:
      return "not_needed";
  }
  SHOAL_ASSERT(false);
}

std::string_view to_text(Role role) {
  switch (role) {
    case Role::kPrimary:
      return "primary";
    case Role::kSecondary:
      return "secondary";
    case Role::kFriend:
      return "friend";
    case Role::kAccepted:
      return "accepted";
  }
  SHOAL_ASSERT(false);
}

bool was_asked(FirstHopState state) {
  switch (state) {
    case FirstHopState::kOpen:
    case FirstHopState::kAnswered:
    case FirstHopState::kDuplicate:
    case FirstHopState::kRefused:
    case FirstHopState::kLinkDied:
      return true;
    case FirstHopState::kGivenBack:
    case FirstHopState::kNoTime:
    case FirstHopState::kStandby:
    case FirstHopState::kDown:
    case FirstHopState::kNotNeeded:
      return false;
  }
  SHOAL_ASSERT(false);
}

bool SearchReport::asked_anybody() const {
  if (first_hops.empty()) return counts.copies > 0;
  return std::ranges::any_of(first_hops, was_asked, &FirstHop::state);
}

std::int64_t SearchReport::peers_asked() const {
  return std::accumulate(counts.peers_by_hop.begin(), counts.peers_by_hop.end(), std::int64_t{0});
}

std::int64_t SearchReport::cut_by_ttl() const {
  const std::size_t at = std::size_t{ttl} - counts.first_hop;
  return ttl >= counts.first_hop && at < counts.peers_by_hop.size() ? counts.peers_by_hop[at] : 0;
}

}  // namespace shoal
