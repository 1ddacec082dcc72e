// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <utility>

#include "proto/types/assert.h"

namespace shoal::bootstrap {

/// A table of at most so many entries that forgets the least recently used one for a new one.
template <class Key, class Value>
class RecentTable {
 public:
  /// Requires at least 1.
  explicit RecentTable(std::size_t entries_max) : entries_max_(entries_max) {
    SHOAL_ASSERT(entries_max > 0);
  }

  /// The entry, made when it is missing; it is now the last one to be forgotten.
  Value& use(const Key& key) {
    if (const auto found = entries_.find(key); found != entries_.end()) {
      order_.splice(order_.end(), order_, found->second.place);
      return found->second.value;
    }
    if (entries_.size() >= entries_max_) {
      entries_.erase(order_.front());
      order_.pop_front();
    }
    const auto place = order_.insert(order_.end(), key);
    return entries_.emplace(key, Entry{{}, place}).first->second.value;
  }

  /// Null when it is missing.
  Value* find(const Key& key) {
    const auto found = entries_.find(key);
    return found == entries_.end() ? nullptr : &found->second.value;
  }

  void erase(const Key& key) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return;
    order_.erase(found->second.place);
    entries_.erase(found);
  }

  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Value value;
    typename std::list<Key>::iterator place;
  };
  std::size_t entries_max_;
  std::map<Key, Entry> entries_;
  std::list<Key> order_;
};

}  // namespace shoal::bootstrap
