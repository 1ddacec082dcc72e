// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/link/bidi_link.h"

#include <utility>

namespace shoal::transfer {

BidiLink::BidiLink(std::shared_ptr<BidiCall> call, boost::asio::any_io_executor strand,
                   std::chrono::milliseconds silence)
    : strand_(std::move(strand)), call_(std::move(call)), timer_(strand_), silence_(silence) {}

void BidiLink::begin() {
  self_ = shared_from_this();
  call_->begin(*this);
  const std::lock_guard lock(mutex_);
  watch();
}

void BidiLink::queue(std::vector<grpc::ByteBuffer> messages) {
  const std::lock_guard lock(mutex_);
  if (closed_ || deaf_) return;
  const bool idle = queue_.empty();
  for (auto& message : messages) queue_.push_back(std::move(message));
  if (idle && !queue_.empty()) call_->write(queue_.front());
}

void BidiLink::close_call() {
  const std::lock_guard lock(mutex_);
  close_locked(Ending::kCancelled);
}

void BidiLink::read() {
  if (!closed_) call_->read();
}

void BidiLink::cut(std::optional<grpc::Status> status) {
  if (!closed_) shown_ = std::move(status);
  close_locked(Ending::kCancelled);
}

void BidiLink::on_read_done(bool ok, grpc::ByteBuffer message) {
  {
    const std::lock_guard lock(mutex_);
    // The far end has finished, or the connection is gone: its status is worth keeping.
    if (!ok) return close_locked(Ending::kFinished);
    moved_ = true;
    auto heard = on_incoming(std::move(message));
    if (!heard) return;
    heard_.push_back(std::move(heard));
  }
  // Without the mutex another message may be faster than this one: each takes what came first.
  boost::asio::dispatch(strand_, [self = shared_from_this()] {
    std::function<void()> first;
    {
      const std::lock_guard lock(self->mutex_);
      first = std::move(self->heard_.front());
      self->heard_.pop_front();
    }
    first();
  });
}

void BidiLink::on_write_done(bool ok) {
  const std::lock_guard lock(mutex_);
  if (!ok) {
    // It takes no more. What it sent before, and its status, come only to whoever goes on reading.
    deaf_ = true;
    return queue_.clear();
  }
  queue_.pop_front();
  if (closed_) return;
  if (!queue_.empty()) call_->write(queue_.front());
  on_written(queue_.empty());
}

void BidiLink::on_done(const grpc::Status& status) {
  boost::asio::post(strand_, [self = std::move(self_), status] {
    self->timer_.cancel();
    self->on_ended(self->shown_.value_or(status));
  });
}

void BidiLink::close_locked(Ending ending) {
  if (closed_) return;
  closed_ = true;
  if (ending == Ending::kCancelled) call_->cancel();
  call_->let_go();
}

void BidiLink::watch() {
  timer_.expires_after(silence_);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (error) return;
    const std::lock_guard lock(self->mutex_);
    if (self->closed_) return;
    if (!std::exchange(self->moved_, false) && !self->patient()) {
      return self->cut(grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED, "it fell silent"));
    }
    self->watch();
  });
}

}  // namespace shoal::transfer
