// SPDX-License-Identifier: Apache-2.0
#include "overlay/flood/seen.h"

#include "proto/types/assert.h"

namespace shoal::overlay {

Seen* SeenTable::find(const QueryId& query) {
  if (index_ != nullptr) {
    const auto at = index_->places.find(query);
    return at == index_->places.end() ? nullptr : &row_[at->second - index_->dropped].seen;
  }
  for (std::size_t at = row_.size(); at > oldest_; --at) {
    if (row_[at - 1].query == query) return &row_[at - 1].seen;
  }
  return nullptr;
}

Seen* SeenTable::add(const QueryId& query, const Seen& seen, EnvSource& source) {
  SHOAL_ASSERT(size() == 0 || row_.back().seen.forget_at <= seen.forget_at);
  if (size() == 0) next_due_ = seen.forget_at;
  row_.push_back(Entry{query, seen});
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
  for (std::size_t at = oldest_; at < row_.size(); ++at) {
    index_->places.emplace(row_[at].query, at);
  }
}

void SeenTable::forget_oldest() {
  SHOAL_ASSERT(size() > 0);
  if (index_ != nullptr) index_->places.erase(row_[oldest_].query);
  ++oldest_;
  if (oldest_ == row_.size()) {
    // Idle peers must cost nothing, so the storage goes too.
    oldest_ = 0;
    row_ = std::vector<Entry>();  // `{}` would keep the storage
    index_ = nullptr;
    next_due_ = Instant::max();
    return;
  }
  next_due_ = row_[oldest_].seen.forget_at;
  if (oldest_ > row_.size() / 2) {
    if (index_ != nullptr) index_->dropped += oldest_;
    row_.erase(row_.begin(), row_.begin() + static_cast<std::ptrdiff_t>(oldest_));
    oldest_ = 0;
  }
}

std::size_t SeenTable::bytes() const {
  const std::size_t row = row_.capacity() * sizeof(Entry);
  if (index_ == nullptr) return row;
  // One byte of metadata per slot: the layout of boost::unordered_flat_map.
  return row + sizeof(Index) +
         index_->places.bucket_count() * (sizeof(QueryId) + sizeof(std::uint64_t) + 1);
}

}  // namespace shoal::overlay
