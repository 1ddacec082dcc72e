// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <set>

#include "proto/types/ids.h"

namespace shoal::daemon {

/// Peers with whom there is a link now: each end took the other for who it is. On a network of
/// friends they serve each other as friends. Any thread; blocks nobody.
class LinkedFriends {
 public:
  void up(const PeerId& peer) {
    const std::lock_guard lock(mutex_);
    linked_.insert(peer);
  }
  void down(const PeerId& peer) {
    const std::lock_guard lock(mutex_);
    linked_.erase(peer);
  }
  [[nodiscard]] bool has(const PeerId& peer) const {
    const std::lock_guard lock(mutex_);
    return linked_.contains(peer);
  }

 private:
  mutable std::mutex mutex_;
  std::set<PeerId> linked_;
};

}  // namespace shoal::daemon
