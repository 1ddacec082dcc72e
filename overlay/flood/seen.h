// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "overlay/core/env.h"
#include "overlay/core/row.h"
#include "proto/types/ids.h"
#include "proto/types/keyed_hash.h"
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
///
/// A few queries are kept in a row and looked through, newest first. Only from kRow on a hash table
/// says where in the row a query stands; the others choose the ids, so its hash has a secret.
/// Cost: O(1) per operation; 32 bytes a query, and about 30 more once there are many; nothing when
/// empty.
class SeenTable {
 public:
  /// Null when not seen, or forgotten. The pointer is valid until the next add() or
  /// forget_oldest().
  Seen* find(const QueryId& query) {
    return newest_is(query) ? &row_.back().seen : find_older(query);
  }
  /// Notes it without copies. Requires that it is not there, and is due no earlier than all that
  /// are. The pointer is valid until the next add() or forget_oldest().
  Seen* add(const QueryId& query, Instant forget_at, EnvSource& source);
  /// The oldest query, if it was due by `now`; else null. Valid until the next add() or
  /// forget_oldest().
  [[nodiscard]] Seen* due(Instant now) { return next_due_ <= now ? &row_[gone()].seen : nullptr; }
  /// Forgets the oldest query. Requires that there is one and it has no open copies.
  void forget_oldest();
  /// When the oldest is due; Instant::max() when empty.
  [[nodiscard]] Instant next_due() const { return next_due_; }
  /// When the newest is due; Instant::max() when empty.
  [[nodiscard]] Instant last_due() const {
    return row_.empty() ? Instant::max() : row_.back().seen.forget_at;
  }
  [[nodiscard]] std::size_t size() const { return row_.size() - gone(); }
  [[nodiscard]] std::size_t bytes() const;
  /// Has the processor fetch the newest query.
  void warm() const {
    if (!row_.empty()) __builtin_prefetch(&row_.back());
  }
  /// Has it fetch the oldest one.
  void warm_oldest() const { __builtin_prefetch(row_.data()); }
  /// Has it fetch the older ones too.
  void warm_all() const {
    const auto* const row = reinterpret_cast<const char*>(row_.data());
    const std::size_t bytes = std::min(row_.size(), kRow) * sizeof(Entry);
    for (std::size_t at = 0; at < bytes; at += 64) __builtin_prefetch(row + at);
  }
  /// Whether `query` is the newest one; else it may be there all the same.
  [[nodiscard]] bool newest_is(const QueryId& query) const {
    return !row_.empty() && row_.back().query == query;
  }

 private:
  static constexpr std::size_t kRow = 16;

  struct Entry {
    QueryId query;
    Seen seen;
  };
  /// Where in the row a query stands, counted from the first one that was ever indexed.
  struct Index {
    explicit Index(KeyedHash hash) : places(2 * kRow, hash) {}
    boost::unordered_flat_map<QueryId, std::uint64_t, KeyedHash> places;
    std::uint64_t dropped = 0;  ///< entries that once stood before the row
    std::size_t gone = 0;       ///< entries at the row's front that are forgotten
  };

  [[nodiscard]] std::size_t gone() const { return index_ == nullptr ? 0 : index_->gone; }

  Seen* find_older(const QueryId& query);
  void make_index(EnvSource& source);

  Row<Entry> row_;  // oldest first, from gone() on
  Instant next_due_ = Instant::max();
  std::unique_ptr<Index> index_;
};

}  // namespace shoal::overlay
