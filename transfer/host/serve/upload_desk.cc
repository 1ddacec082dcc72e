// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/serve/upload_desk.h"

#include <algorithm>
#include <utility>

namespace shoal::transfer {

Instant UploadDesk::now() {
  return Instant(
      std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

UploadDesk::UploadDesk(boost::asio::any_io_executor io, UploadSlots slots, UploadRates rates)
    : io_(std::move(io)), queue_(slots), shaper_(std::move(rates), now()), timer_(io_) {}

UploadRef UploadDesk::join(Ears ears) {
  const std::lock_guard lock(mutex_);
  const UploadRef ref{refs_++};
  ears_.emplace(ref, std::move(ears));
  return ref;
}

UploadDesk::Entered UploadDesk::enter(UploadRef stream, const PeerId& peer) {
  const std::lock_guard lock(mutex_);
  if (stopped_ || !queue_.enter(stream, peer, now())) return Entered::kFull;
  settle(stream);
  return std::exchange(granted_, false) ? Entered::kTurn : Entered::kWaits;
}

bool UploadDesk::enter_spare(UploadRef stream, const PeerId& peer) {
  const std::lock_guard lock(mutex_);
  return !stopped_ && queue_.enter_spare(stream, peer, now());
}

void UploadDesk::leave(UploadRef stream) {
  const std::lock_guard lock(mutex_);
  ears_.erase(stream);
  shaper_.forget(stream);
  queue_.leave(stream, now());
  settle();
}

bool UploadDesk::give_back_if_over(UploadRef stream, bool between_pieces) {
  const std::lock_guard lock(mutex_);
  const Instant at = now();
  if (between_pieces ? !queue_.over(stream, at) : !queue_.must_end(stream, at)) return false;
  shaper_.forget(stream);
  queue_.end_turn(stream, at);
  settle();
  return true;
}

void UploadDesk::on_busy(UploadRef stream) {
  const std::lock_guard lock(mutex_);
  queue_.on_busy(stream);
}

void UploadDesk::on_idle(UploadRef stream) {
  const std::lock_guard lock(mutex_);
  queue_.on_idle(stream, now());
  arm();
}

void UploadDesk::on_rest(UploadRef stream) {
  const std::lock_guard lock(mutex_);
  if (queue_.on_rest(stream, now())) arm();
}

bool UploadDesk::ask(UploadRef stream, const PeerId& peer, std::uint32_t bytes) {
  const std::lock_guard lock(mutex_);
  queue_.on_sent(stream, bytes);
  // Of an earlier turn something may wait yet, if that ended between our timer and its owner.
  shaper_.forget(stream);
  const bool at_once = shaper_.ask(stream, peer, bytes, now());
  if (!at_once) arm();
  return at_once;
}

std::optional<UploadQueue::Place> UploadDesk::place(UploadRef stream) const {
  const std::lock_guard lock(mutex_);
  return queue_.place(stream);
}

Duration UploadDesk::wait(UploadRef stream) const {
  const std::lock_guard lock(mutex_);
  const Instant at = now();
  return shaper_.ready_at(stream, at).value_or(at) - at;
}

void UploadDesk::set_rates(UploadRates rates) {
  const std::lock_guard lock(mutex_);
  shaper_.set(std::move(rates), now());
  settle();
}

std::size_t UploadDesk::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.waiting();
}

void UploadDesk::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  timer_.cancel();
}

void UploadDesk::tell(UploadRef stream, std::function<void()> Ears::*what) {
  const auto found = ears_.find(stream);
  if (found != ears_.end()) boost::asio::post(io_, found->second.*what);
}

// All that can go on now does.
void UploadDesk::settle(std::optional<UploadRef> caller) {
  const Instant at = now();
  while (const auto idle = queue_.idle_too_long(at)) {
    shaper_.forget(*idle);
    queue_.end_turn(*idle, at);
    tell(*idle, &Ears::turn_over);
  }
  while (const auto next = queue_.next(at)) {
    if (next == caller) {
      granted_ = true;
    } else {
      tell(*next, &Ears::turn);
    }
  }
  while (const auto next = shaper_.next(at)) tell(*next, &Ears::may_send);
  arm();
}

void UploadDesk::arm() {
  if (stopped_) return;
  const Instant at = now();
  std::optional<Instant> due = queue_.deadline();
  if (const auto other = shaper_.deadline(at); other && (!due || *other < *due)) due = other;
  if (!due || (armed_ && *armed_ <= *due)) return;
  armed_ = due;
  timer_.expires_at(std::chrono::steady_clock::time_point(
      std::chrono::duration_cast<std::chrono::steady_clock::duration>(due->time_since_epoch())));
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || !self) return;
    const std::lock_guard lock(self->mutex_);
    self->armed_.reset();
    self->settle();
  });
}

}  // namespace shoal::transfer
