// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "proto/types/ids.h"
#include "proto/types/keyed_hash.h"
#include "proto/types/time.h"

namespace shoal::overlay {

/// What a peer remembers of one query.
struct Seen {
  Instant forget_at;           ///< no copy of it may be open any more by then
  std::uint16_t best_ttl = 0;  ///< most hops left of any copy so far
  std::uint16_t hits = 0;      ///< (holder, file) pairs passed on
  std::uint32_t copies;        ///< its open copies: head of a list in Copies
  std::uint8_t hop = 0;        ///< distance from the origin at which this peer is counted now
};

/// The queries that a peer has seen lately. A query is remembered for a fixed time from its first
/// copy on, past the life of all its copies; a full table takes no more.
///
/// Cost: O(1) per operation; about 60 bytes a query, nothing when empty.
class SeenTable {
 public:
  explicit SeenTable(KeyedHash hash) : table_(0, hash) {}

  /// Null when not seen, or forgotten.
  Seen* find(const QueryId& query);
  /// Requires that it is not there, and is due no earlier than all that are. The pointer is valid
  /// until the next add() or forget().
  Seen* add(const QueryId& query, const Seen& seen);
  /// Forgets what was due by `now`. Requires that those queries have no open copies.
  void forget(Instant now);
  /// When the oldest is due; Instant::max() when empty.
  [[nodiscard]] Instant next_due() const;
  [[nodiscard]] std::size_t size() const { return table_.size(); }
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Due {
    Instant at;
    QueryId query;
  };

  boost::unordered_flat_map<QueryId, Seen, KeyedHash> table_;
  std::vector<Due> order_;  // oldest first, from oldest_ on
  std::size_t oldest_ = 0;
};

}  // namespace shoal::overlay
