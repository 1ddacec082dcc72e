// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/search/turns.h"

#include <algorithm>
#include <utility>

namespace shoal::daemon {

void Turns::go(const Begin& begin) {
  ++running_;
  begin([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->ended();
  });
}

bool Turns::take(std::string what, Begin begin) {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  if (running_ < at_once_) {
    go(begin);
    return true;
  }
  if (waiting_.size() >= waiting_max_) return false;
  if (std::ranges::find(waiting_, what, &Waiting::what) != waiting_.end()) return false;
  waiting_.push_back({std::move(what), std::move(begin)});
  return true;
}

void Turns::ended() {
  const std::lock_guard lock(mutex_);
  --running_;
  if (waiting_.empty()) return;
  const Begin next = std::move(waiting_.front().begin);
  waiting_.pop_front();
  go(next);
}

void Turns::close() {
  std::deque<Waiting> dropped;
  const std::lock_guard lock(mutex_);
  closed_ = true;
  dropped.swap(waiting_);
}

}  // namespace shoal::daemon
