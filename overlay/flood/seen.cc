// SPDX-License-Identifier: Apache-2.0
#include "overlay/flood/seen.h"

#include "proto/types/assert.h"

namespace shoal::overlay {

Seen* SeenTable::find(const QueryId& query) {
  const auto at = table_.find(query);
  return at == table_.end() ? nullptr : &at->second;
}

Seen* SeenTable::add(const QueryId& query, const Seen& seen) {
  SHOAL_ASSERT(order_.empty() || order_.back().at <= seen.forget_at);
  const auto [at, fresh] = table_.emplace(query, seen);
  SHOAL_ASSERT(fresh);
  order_.push_back(Due{seen.forget_at, query});
  return &at->second;
}

void SeenTable::forget(Instant now) {
  while (oldest_ < order_.size() && order_[oldest_].at <= now) {
    table_.erase(order_[oldest_].query);
    ++oldest_;
  }
  if (oldest_ == order_.size()) {
    // Idle peers must cost nothing, so the storage goes too.
    if (oldest_ > 0) {
      table_ = decltype(table_)(0, table_.hash_function());
      order_ = {};
    }
    oldest_ = 0;
  } else if (oldest_ > order_.size() / 2) {
    order_.erase(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(oldest_));
    oldest_ = 0;
  }
}

Instant SeenTable::next_due() const {
  return oldest_ < order_.size() ? order_[oldest_].at : Instant::max();
}

std::size_t SeenTable::bytes() const {
  // One byte of metadata per slot: the layout of boost::unordered_flat_map.
  return table_.bucket_count() * (sizeof(QueryId) + sizeof(Seen) + 1) +
         order_.capacity() * sizeof(Due);
}

}  // namespace shoal::overlay
