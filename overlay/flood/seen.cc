// SPDX-License-Identifier: Apache-2.0
#include "overlay/flood/seen.h"

#include "proto/types/assert.h"

namespace shoal::overlay {

Seen* SeenTable::find_older(const QueryId& query) {
  if (index_ != nullptr) {
    const auto at = index_->places.find(query);
    return at == index_->places.end() ? nullptr : &row_[at->second - index_->dropped].seen;
  }
  for (std::size_t at = row_.size(); at > 0; --at) {
    if (row_[at - 1].query == query) return &row_[at - 1].seen;
  }
  return nullptr;
}

Seen* SeenTable::add(const QueryId& query, Instant forget_at, EnvSource& source) {
  SHOAL_ASSERT(size() == 0 || row_.back().seen.forget_at <= forget_at);
  if (size() == 0) next_due_ = forget_at;
  make_room(row_, 1);
  Entry& entry = row_.emplace_back();
  entry.query = query;
  entry.seen.forget_at = forget_at;
  if (index_ != nullptr) {
    const bool fresh = index_->places.emplace(query, index_->dropped + row_.size() - 1).second;
    SHOAL_ASSERT(fresh);
  } else if (size() > kRow) {
    make_index(source);
  }
  return &row_.back().seen;
}

void SeenTable::make_index(EnvSource& source) {
  const std::uint64_t high = source.fresh_nonce();
  index_ = std::make_unique<Index>(KeyedHash(high, source.fresh_nonce()));
  for (std::size_t at = 0; at < row_.size(); ++at) {
    index_->places.emplace(row_[at].query, at);
  }
}

void SeenTable::forget_oldest() {
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
    if (++index_->gone > row_.size() / 2) {
      index_->dropped += index_->gone;
      row_.erase(row_.begin(), row_.begin() + static_cast<std::ptrdiff_t>(index_->gone));
      index_->gone = 0;
    }
  }
  next_due_ = row_[gone()].seen.forget_at;
}

std::size_t SeenTable::bytes() const {
  const std::size_t row = row_.capacity() * sizeof(Entry);
  if (index_ == nullptr) return row;
  // One byte of metadata per slot: the layout of boost::unordered_flat_map.
  return row + sizeof(Index) +
         index_->places.bucket_count() * (sizeof(QueryId) + sizeof(std::uint64_t) + 1);
}

}  // namespace shoal::overlay
