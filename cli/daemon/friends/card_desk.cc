// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/friends/card_desk.h"

#include <algorithm>

#include "proto/rpc/friend_url.h"
#include "proto/types/limits.h"

namespace shoal::daemon {

std::int64_t unix_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

CardDesk::CardDesk(rpc::Identity me, std::string name, std::vector<std::string> endpoints,
                   StateStore& store)
    : me_(std::move(me)), name_(std::move(name)), endpoints_(std::move(endpoints)), store_(store) {}

std::string CardDesk::card() {
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (!sealed_.empty() && now - sealed_at_ < limits::kCardAge) return sealed_;
  // Without the disk the sequence goes on in memory: a card that is refused for its age is worse.
  const auto next = store_.next("card sequence");
  sequence_ = std::max(sequence_ + 1, next.value_or(0));
  sealed_ =
      rpc::seal_card(me_, name_, endpoints_, static_cast<std::uint64_t>(sequence_), unix_now());
  sealed_at_ = now;
  return sealed_;
}

std::string CardDesk::url() const { return rpc::to_text(rpc::FriendUrl{id(), endpoints_}); }

}  // namespace shoal::daemon
