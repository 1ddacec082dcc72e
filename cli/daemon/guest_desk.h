// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <mutex>
#include <utility>

#include "proto/types/ids.h"
#include "proto/types/limits_tokens.h"

namespace shoal::daemon {

/// The downloads that holders of tokens began: these, and no others of the owner's, they may look
/// at. Kept in memory: after a restart they are the owner's alone. Any thread.
class GuestDesk {
 public:
  void add(std::uint64_t transfer, const ContentId& content) {
    const std::lock_guard lock(mutex_);
    if (transfers_.size() >= limits::kGuestTransfers) transfers_.pop_front();
    transfers_.emplace_back(transfer, content);
  }
  [[nodiscard]] bool began(std::uint64_t transfer) const {
    const std::lock_guard lock(mutex_);
    return std::ranges::any_of(transfers_, [&](const auto& e) { return e.first == transfer; });
  }
  [[nodiscard]] bool wanted(const ContentId& content) const {
    const std::lock_guard lock(mutex_);
    return std::ranges::any_of(transfers_, [&](const auto& e) { return e.second == content; });
  }

 private:
  mutable std::mutex mutex_;
  std::deque<std::pair<std::uint64_t, ContentId>> transfers_;
};

}  // namespace shoal::daemon
