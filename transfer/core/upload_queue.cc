// SPDX-License-Identifier: Apache-2.0
#include "transfer/core/upload_queue.h"

#include <algorithm>
#include <utility>

#include "proto/types/assert.h"

namespace shoal::transfer {

std::uint32_t UploadQueue::held_by(const PeerId& peer) const {
  return static_cast<std::uint32_t>(
      std::ranges::count_if(turns_, [&](const auto& one) { return one.second.peer == peer; }));
}

UploadQueue::Waiters::iterator UploadQueue::find(const PeerId& peer) {
  return std::ranges::find(queue_, peer, &Waiter::peer);
}

void UploadQueue::forget_old(Instant now) {
  queue_.remove_if([&](const Waiter& one) { return one.streams.empty() && one.kept_until <= now; });
}

// A new peer takes the kept place that would have ended first, if there is no other.
bool UploadQueue::make_room(Instant now) {
  forget_old(now);
  if (queue_.size() < limits::kUploadsWaiting) return true;
  auto oldest = queue_.end();
  for (auto one = queue_.begin(); one != queue_.end(); ++one) {
    if (!one->streams.empty()) continue;
    if (oldest == queue_.end() || one->kept_until < oldest->kept_until) oldest = one;
  }
  if (oldest == queue_.end()) return false;
  queue_.erase(oldest);
  return true;
}

bool UploadQueue::enter(UploadRef stream, const PeerId& peer, Instant now) {
  SHOAL_ASSERT(!turns_.contains(stream));
  if (waiting_ >= limits::kUploadsWaiting) return false;
  forget_old(now);
  auto place = find(peer);
  if (place == queue_.end()) {
    if (!make_room(now)) return false;
    place = queue_.insert(queue_.end(), Waiter{peer, {}, {}, 0, {}});
  }
  if (place->streams.size() >= limits::kUploadsWaitingPerPeer) return false;
  place->streams.push_back(stream);
  ++waiting_;
  return true;
}

bool UploadQueue::enter_spare(UploadRef stream, const PeerId& peer, Instant now) {
  SHOAL_ASSERT(!turns_.contains(stream));
  if (waiting_ > 0 || turns_.size() >= slots_.all || held_by(peer) >= slots_.each) return false;
  turns_.emplace(stream, Turn{.peer = peer, .began = now, .idle_since = now, .spare = true});
  return true;
}

void UploadQueue::leave(UploadRef stream, Instant now) {
  if (const auto turn = turns_.find(stream); turn != turns_.end()) {
    const Turn was = turn->second;
    turns_.erase(turn);
    if (was.spare) return;
    if (was.bytes >= slots_.turn_bytes || length(was, now) >= slots_.turn_time) return;
    auto place = find(was.peer);
    if (place == queue_.end()) {
      if (!make_room(now)) return;
      place = queue_.insert(queue_.begin(), Waiter{was.peer, {}, {}, 0, {}});
    } else {
      queue_.splice(queue_.begin(), queue_, place);
    }
    place->bytes = was.bytes;
    place->time = length(was, now);
    return keep(*place, now);
  }
  for (Waiter& one : queue_) {
    if (std::erase(one.streams, stream) == 0) continue;
    --waiting_;
    if (one.streams.empty()) keep(one, now);
    return;
  }
}

std::optional<UploadRef> UploadQueue::next(Instant now) {
  if (turns_.size() >= slots_.all) return std::nullopt;
  for (auto one = queue_.begin(); one != queue_.end(); ++one) {
    if (one->streams.empty() || held_by(one->peer) >= slots_.each) continue;
    const UploadRef stream = one->streams.front();
    one->streams.pop_front();
    --waiting_;
    turns_.emplace(stream, Turn{one->peer, now, std::exchange(one->bytes, 0),
                                std::exchange(one->time, Duration{}), now});
    if (one->streams.empty()) {
      queue_.erase(one);
    } else {
      queue_.splice(queue_.end(), queue_, one);
    }
    return stream;
  }
  return std::nullopt;
}

void UploadQueue::on_busy(UploadRef stream) {
  const auto turn = turns_.find(stream);
  if (turn == turns_.end()) return;
  turn->second.idle_since.reset();
  turn->second.rests = false;
}

void UploadQueue::on_idle(UploadRef stream, Instant now) {
  const auto turn = turns_.find(stream);
  if (turn != turns_.end() && !turn->second.idle_since) turn->second.idle_since = now;
}

bool UploadQueue::on_rest(UploadRef stream, Instant now) {
  const auto turn = turns_.find(stream);
  if (turn == turns_.end() || turn->second.rests) return false;
  turn->second.rests = true;
  if (turn->second.idle_since) turn->second.idle_since = now;
  return true;
}

// When its turn ends if it asks for nothing; none: something is open, or nobody else wants the
// slot.
std::optional<Instant> UploadQueue::idle_until(const Turn& turn) const {
  if (!turn.idle_since || !wanted_by_others(turn)) return std::nullopt;
  if (turn.spare) return turn.idle_since;
  return *turn.idle_since + (turn.rests ? slots_.rest_time : slots_.idle_time);
}

void UploadQueue::on_sent(UploadRef stream, std::uint64_t bytes) {
  const auto turn = turns_.find(stream);
  if (turn != turns_.end()) turn->second.bytes += bytes;
}

Duration UploadQueue::length(const Turn& turn, Instant now) const {
  return turn.before + std::max(now - turn.began, Duration{});
}

bool UploadQueue::wanted_by_others(const Turn& turn) const {
  if (waiting_ == 0) return false;
  return std::ranges::any_of(queue_, [&](const Waiter& one) {
    // Its own slot would be free for the peer itself.
    const std::uint32_t held = held_by(one.peer) - (one.peer == turn.peer ? 1 : 0);
    return !one.streams.empty() && held < slots_.each;
  });
}

bool UploadQueue::over(UploadRef stream, Instant now) const {
  const auto turn = turns_.find(stream);
  if (turn == turns_.end()) return false;
  const bool used = turn->second.spare || turn->second.bytes >= slots_.turn_bytes ||
                    length(turn->second, now) >= slots_.turn_time;
  return used && wanted_by_others(turn->second);
}

bool UploadQueue::must_end(UploadRef stream, Instant now) const {
  const auto turn = turns_.find(stream);
  // No piece is longer than kTurnBytes: whoever asks each byte once has come to its end by then.
  return turn != turns_.end() && over(stream, now) &&
         turn->second.bytes >= slots_.turn_bytes + limits::kTurnBytes;
}

void UploadQueue::end_turn(UploadRef stream, Instant now) {
  const auto turn = turns_.find(stream);
  if (turn == turns_.end()) return;
  // Spare turns say nothing of how long one waits for another.
  if (!turn->second.spare) {
    const Duration took = length(turn->second, now);
    mean_turn_ = mean_turn_ == Duration{} ? took : (3 * mean_turn_ + took) / 4;
  }
  turns_.erase(turn);
}

std::optional<UploadRef> UploadQueue::idle_too_long(Instant now) const {
  for (const auto& [stream, turn] : turns_) {
    const auto until = idle_until(turn);
    if (until && now >= *until) return stream;
  }
  return std::nullopt;
}

std::optional<Instant> UploadQueue::deadline() const {
  std::optional<Instant> first;
  for (const auto& [stream, turn] : turns_) {
    const auto due = idle_until(turn);
    if (due && (!first || *due < *first)) first = due;
  }
  return first;
}

std::optional<UploadQueue::Place> UploadQueue::place(UploadRef stream) const {
  std::uint32_t before = 0;
  for (auto mine = queue_.begin(); mine != queue_.end(); ++mine) {
    const auto at = std::ranges::find(mine->streams, stream);
    if (at == mine->streams.end()) continue;
    // Before its n-th stream everybody ahead has had n turns, everybody behind n - 1.
    const auto own = static_cast<std::size_t>(at - mine->streams.begin());
    before += static_cast<std::uint32_t>(own);
    bool ahead = true;
    for (auto other = queue_.begin(); other != queue_.end(); ++other) {
      if (other == mine) {
        ahead = false;
        continue;
      }
      before += static_cast<std::uint32_t>(std::min(other->streams.size(), own + (ahead ? 1 : 0)));
    }
    std::optional<Duration> eta;
    if (mean_turn_ != Duration{}) eta = mean_turn_ * (before + 1) / slots_.all;
    return Place{before + 1, eta};
  }
  return std::nullopt;
}

}  // namespace shoal::transfer
