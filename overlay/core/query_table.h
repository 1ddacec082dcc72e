// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "overlay/core/env.h"
#include "overlay/core/row.h"
#include "proto/types/assert.h"
#include "proto/types/ids.h"
#include "proto/types/keyed_hash.h"
#include "proto/types/time.h"

namespace shoal::overlay {

/// What an overlay remembers of each query, for a fixed time from when it first heard of it. `Note`
/// has a member `Instant forget_at`.
///
/// A few queries are kept in a row and looked through, newest first. Only from kRow on a hash table
/// says where in the row a query stands; the others choose the ids, so its hash has a secret.
/// Cost: O(1) per operation; a query id and a Note each, and about 30 bytes more once there are
/// many; nothing when empty. Notes are moved when others come and go.
template <class Note>
class QueryTable {
 public:
  /// Null when not there, or forgotten. The pointer is valid until the next add() or
  /// forget_oldest().
  Note* find(const QueryId& query) {
    return newest_is(query) ? &row_.back().note : find_older(query);
  }
  [[nodiscard]] const Note* find(const QueryId& query) const {
    return const_cast<QueryTable*>(this)->find(query);
  }
  [[nodiscard]] bool contains(const QueryId& query) const { return find(query) != nullptr; }
  /// Requires that it is not there, and is due no earlier than all that are. The pointer is valid
  /// until the next add() or forget_oldest().
  Note* add(const QueryId& query, Note note, EnvSource& source);
  /// The oldest, if it was due by `now`; else null. Valid until the next add() or forget_oldest().
  [[nodiscard]] Note* due(Instant now) { return next_due_ <= now ? &row_[gone()].note : nullptr; }
  /// The query of what due() gave. Requires that there is one.
  [[nodiscard]] const QueryId& oldest() const { return row_[gone()].query; }
  /// Requires that there is one.
  void forget_oldest();
  /// When the oldest is due; Instant::max() when empty.
  [[nodiscard]] Instant next_due() const { return next_due_; }
  /// When the newest is due; Instant::max() when empty.
  [[nodiscard]] Instant last_due() const {
    return row_.empty() ? Instant::max() : row_.back().note.forget_at;
  }
  [[nodiscard]] std::size_t size() const { return row_.size() - gone(); }
  [[nodiscard]] std::size_t bytes() const;
  /// Calls visit(query, note) for each, oldest first.
  template <class Visit>
  void each(Visit visit) {
    for (std::size_t at = gone(); at < row_.size(); ++at) visit(row_[at].query, row_[at].note);
  }
  template <class Visit>
  void each(Visit visit) const {
    for (std::size_t at = gone(); at < row_.size(); ++at) visit(row_[at].query, row_[at].note);
  }
  /// Has the processor fetch the newest query, which find() reads first.
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
    Note note;
  };
  /// Where in the row a query stands, counted from the first one that was ever indexed.
  struct Index {
    explicit Index(KeyedHash hash) : places(2 * kRow, hash) {}
    boost::unordered_flat_map<QueryId, std::uint64_t, KeyedHash> places;
    std::uint64_t dropped = 0;  ///< entries that once stood before the row
    std::size_t gone = 0;       ///< entries at the row's front that are forgotten
  };

  [[nodiscard]] std::size_t gone() const { return index_ == nullptr ? 0 : index_->gone; }
  Note* find_older(const QueryId& query);
  void make_index(EnvSource& source);

  Row<Entry> row_;  // oldest first, from gone() on
  Instant next_due_ = Instant::max();
  std::unique_ptr<Index> index_;
};

template <class Note>
Note* QueryTable<Note>::find_older(const QueryId& query) {
  if (index_ != nullptr) {
    const auto at = index_->places.find(query);
    return at == index_->places.end() ? nullptr : &row_[at->second - index_->dropped].note;
  }
  for (std::size_t at = row_.size(); at > 0; --at) {
    if (row_[at - 1].query == query) return &row_[at - 1].note;
  }
  return nullptr;
}

template <class Note>
Note* QueryTable<Note>::add(const QueryId& query, Note note, EnvSource& source) {
  SHOAL_ASSERT(size() == 0 || row_.back().note.forget_at <= note.forget_at);
  if (size() == 0) next_due_ = note.forget_at;
  make_room(row_, 1);
  row_.push_back(Entry{query, std::move(note)});
  if (index_ != nullptr) {
    const bool fresh = index_->places.emplace(query, index_->dropped + row_.size() - 1).second;
    SHOAL_ASSERT(fresh);
  } else if (size() > kRow) {
    make_index(source);
  }
  return &row_.back().note;
}

template <class Note>
void QueryTable<Note>::make_index(EnvSource& source) {
  const std::uint64_t high = source.fresh_nonce();
  index_ = std::make_unique<Index>(KeyedHash(high, source.fresh_nonce()));
  for (std::size_t at = 0; at < row_.size(); ++at) {
    index_->places.emplace(row_[at].query, at);
  }
}

template <class Note>
void QueryTable<Note>::forget_oldest() {
  SHOAL_ASSERT(size() > 0);
  if (size() == 1) {
    free_row(row_);  // idle peers must cost nothing
    index_ = nullptr;
    next_due_ = Instant::max();
    return;
  }
  if (index_ == nullptr) {
    row_.erase(row_.begin());
  } else {
    index_->places.erase(row_[index_->gone].query);
    row_[index_->gone].note = Note();
    if (++index_->gone > row_.size() / 2) {
      index_->dropped += index_->gone;
      row_.erase(row_.begin(), row_.begin() + static_cast<std::ptrdiff_t>(index_->gone));
      index_->gone = 0;
    }
  }
  next_due_ = row_[gone()].note.forget_at;
}

template <class Note>
std::size_t QueryTable<Note>::bytes() const {
  const std::size_t row = row_.capacity() * sizeof(Entry);
  if (index_ == nullptr) return row;
  // One byte of metadata per slot: the layout of boost::unordered_flat_map.
  return row + sizeof(Index) +
         index_->places.bucket_count() * (sizeof(QueryId) + sizeof(std::uint64_t) + 1);
}

}  // namespace shoal::overlay
