// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "overlay/core/query_table.h"
#include "proto/types/limits.h"
#include "proto/types/time.h"

namespace shoal::overlay {

/// What a peer remembers of one query.
struct Seen {
  Instant forget_at;                    ///< no copy of it may be open any more by then
  std::uint32_t copies = 0xffff'ffffU;  ///< its open copies: head of a list in Copies
  std::uint32_t best_ttl : 9 = 0;       ///< most hops left of any copy so far
  std::uint32_t hits : 15 = 0;  ///< (holder, file) pairs passed on; at most limits::kHitsMax
  std::uint32_t hop : 8 = 0;    ///< distance from the origin at which this peer is counted now
};
static_assert(sizeof(Seen) == 16 && limits::kHitsMax < (1U << 15));

/// The queries that a peer has seen lately. A query is remembered for a fixed time from its first
/// copy on, past the life of all its copies; a full table takes no more.
using SeenTable = QueryTable<Seen>;

}  // namespace shoal::overlay
