// SPDX-License-Identifier: Apache-2.0
#include "sim/engine/shard.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <memory>
#include <new>

#include "proto/types/assert.h"

namespace shoal::sim {

// ---- peers and ends ----------------------------------------------------------------------------

Shard::Shard(std::uint32_t first_peer, std::byte* room, std::uint64_t seed)
    : first_peer_(first_peer), seed_(seed), slots_(reinterpret_cast<Slot*>(room)) {
  SHOAL_ASSERT(reinterpret_cast<std::uintptr_t>(room) % alignof(Slot) == 0);
}

Shard::~Shard() { std::destroy_n(slots_, size_); }

void Shard::add_peer() {
  std::construct_at(slots_ + size_, PeerRef{first_peer_ + size_}, seed_);
  ++size_;
  if (!lines_.empty() && lines_.size() < size_) lines_.resize(size_);
  if (!clocks_.empty()) clocks_.resize(size_);
}

std::uint32_t Shard::look_for_end(const Slot& slot, std::uint32_t other) const {
  const std::span<const LinkEnd> row(ends_ + slot.first_end, slot.ends);
  constexpr std::uint32_t kShort = 32;
  auto at = row.begin();
  if (slot.tight && slot.ends > kShort) {  // built from a graph, so in ascending order
    at = std::ranges::lower_bound(row, other, {}, &LinkEnd::to);
    if (at != row.end() && at->to != other) at = row.end();
  } else {
    at = std::ranges::find(row, other, &LinkEnd::to);
  }
  return at == row.end() ? kNowhere : slot.first_end + static_cast<std::uint32_t>(at - row.begin());
}

void Shard::take_ends(std::byte* room, std::uint32_t count) {
  SHOAL_ASSERT(end_count_ == 0);
  ends_ = reinterpret_cast<LinkEnd*>(room);
  end_count_ = count;
  std::uninitialized_default_construct_n(ends_, count);
}

void Shard::grow_ends(std::uint32_t count) {
  if (own_ends_.empty()) own_ends_.assign(ends_, ends_ + end_count_);
  own_ends_.resize(count);
  ends_ = own_ends_.data();
  end_count_ = count;
  if (!wobbles_.empty()) wobbles_.resize(count);
}

std::uint32_t Shard::add_end(Slot& slot, const LinkEnd& end) {
  if (slot.ends == slot.room()) {
    const std::uint32_t first = end_count_;
    slot.tight = false;
    grow_ends(first + std::max(4U, std::bit_ceil(slot.ends + 1)));
    for (std::uint32_t i = 0; i < slot.ends; ++i) {
      ends_[first + i] = ends_[slot.first_end + i];
      if (!wobbles_.empty()) wobbles_[first + i] = wobbles_[slot.first_end + i];
    }
    slot.first_end = first;
  }
  const std::uint32_t index = slot.first_end + slot.ends++;
  ends_[index] = end;
  return index;
}

// ---- clocks ------------------------------------------------------------------------------------

Clock& Shard::clock(std::uint32_t peer) {
  if (clocks_.empty()) clocks_.resize(size_);
  return clocks_[peer - first_peer_];
}

// ---- timers and lookups ------------------------------------------------------------------------

void Shard::arm(Slot& slot, std::uint32_t peer, std::uint8_t timer, std::int64_t at) {
  if (slot.armed == Slot::kNoTimer) {
    if (!more_timers_.empty()) more_timers_.erase({peer, timer});
    slot.armed = timer;
  }
  if (slot.armed == timer) {
    slot.armed_at = at;
  } else {
    more_timers_[{peer, timer}] = at;
  }
}

bool Shard::fire(Slot& slot, std::uint32_t peer, std::uint8_t timer, std::int64_t at) {
  if (slot.armed == timer) {
    if (slot.armed_at > at) return false;
    slot.armed = Slot::kNoTimer;
    return true;
  }
  const auto found = more_timers_.find({peer, timer});
  if (found == more_timers_.end() || found->second > at) return false;
  more_timers_.erase(found);
  return true;
}

void Shard::forget_timers(Slot& slot, std::uint32_t peer) {
  slot.armed = Slot::kNoTimer;
  slot.posted_at = Slot::kNotPosted;
  slot.sooner = 0;
  more_timers_.erase(more_timers_.lower_bound({peer, 0}),
                     more_timers_.upper_bound({peer, Slot::kNoTimer}));
}

std::vector<std::pair<std::uint8_t, std::int64_t>> Shard::armed(const Slot& slot,
                                                                std::uint32_t peer) const {
  std::vector<std::pair<std::uint8_t, std::int64_t>> timers;
  if (slot.armed != Slot::kNoTimer) timers.emplace_back(slot.armed, slot.armed_at);
  const auto last = more_timers_.upper_bound({peer, Slot::kNoTimer});
  for (auto at = more_timers_.lower_bound({peer, 0}); at != last; ++at) {
    timers.emplace_back(at->first.second, at->second);
  }
  std::ranges::sort(timers);
  return timers;
}

void Shard::shrink() {
  lookups_.shrink();
  returns_.shrink();
}

// ---- what waits --------------------------------------------------------------------------------

std::deque<Message> Shard::take_waiting(std::uint32_t from, std::uint32_t to) {
  const auto found = waiting_.find({from, to});
  if (found == waiting_.end()) return {};
  std::deque<Message> messages = std::move(found->second);
  waiting_.erase(found);
  return messages;
}

// ---- budgets of links that are gone ------------------------------------------------------------

void Shard::remember_spent(std::uint32_t at, std::uint32_t of, std::uint32_t spent,
                           std::int64_t now, const overlay::NodeConfig& config) {
  if (spent_.size() >= clean_at_) {
    std::erase_if(spent_, [&](const auto& known) {
      const Duration since(own_time(known.first.first, now) - known.second.at);
      return overlay::still_spent(config, known.second.queries, since) == 0;
    });
    clean_at_ = std::max<std::size_t>(256, 2 * spent_.size());
  }
  spent_[{at, of}] = {spent, own_time(at, now)};
}

Spent Shard::take_spent(std::uint32_t at, std::uint32_t of) {
  const auto found = spent_.find({at, of});
  if (found == spent_.end()) return {};
  const Spent spent = found->second;
  spent_.erase(found);
  return spent;
}

}  // namespace shoal::sim
