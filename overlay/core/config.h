// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "proto/types/ids.h"
#include "proto/types/limits.h"
#include "proto/types/time.h"

namespace shoal::overlay {

/// Who decides whom a peer is linked with.
enum class MembershipKind : std::uint8_t {
  kFriends,    ///< the listed friends and nobody else
  kHyParView,  ///< friends, and others of an open network
};

/// The numbers of HyParView (its paper's defaults); see overlay/membership/hyparview.h.
struct HyParViewParameters {
  std::uint32_t active = 5;
  std::uint32_t passive = 30;
  std::uint8_t active_walk = 6;       ///< ARWL: how far a newcomer or a shuffle walks
  std::uint8_t passive_walk = 3;      ///< PRWL: where on its walk a newcomer is remembered
  std::uint32_t shuffle_active = 3;   ///< ka
  std::uint32_t shuffle_passive = 4;  ///< kp
  Duration cycle = limits::kShuffleCycle;
  /// A peer whose view is full replaces one neighbour in so many cycles; 0: never, as in the paper.
  std::uint32_t renewal = 12;
  /// Whether neighbours that are lost are replaced. Without it no more than a random graph is left.
  bool repair = true;
};

/// What the driver decides for all its Nodes. Shared by them, so it must outlive them.
struct NodeConfig {
  /// Most hops of a query in all: ttl + hops. kTtlLimit, or more on a test network.
  std::uint8_t ttl_limit = limits::kTtlLimit;
  /// Query copies per second and in a burst that one link may send; 0 per second: no limit.
  std::uint32_t link_queries_per_second = limits::kLinkQueriesPerSecond;
  std::uint32_t link_queries_burst = limits::kLinkQueriesBurst;
  Duration primary_grace = limits::kPrimaryGrace;
  Duration primary_return = limits::kPrimaryReturn;
  std::size_t seen_max = limits::kSeenMax;
  std::size_t copies_max = limits::kCopiesMax;
  std::size_t searches_max = limits::kSearchesMax;
  /// Whether peers without a link may send overlays' own messages to each other.
  bool open = false;
  MembershipKind membership = MembershipKind::kFriends;
  HyParViewParameters hyparview;
  /// Overlays that run from the start, not from their first use on.
  std::vector<OverlayId> always;
};

}  // namespace shoal::overlay
