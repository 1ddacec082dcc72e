// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "proto/types/ids.h"
#include "proto/types/limits.h"
#include "proto/types/time.h"

namespace shoal::overlay {

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
  /// Overlays that run from the start, not from their first use on.
  std::vector<OverlayId> always;
};

}  // namespace shoal::overlay
