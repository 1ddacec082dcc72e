// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/source_link.h"

#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/client_callback.h>

#include <deque>
#include <mutex>

#include "proto/types/limits_transfer.h"
#include "transfer/host/wire.h"

namespace shoal::transfer {
namespace {

class Link final : public SourceLink,
                   public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                   public std::enable_shared_from_this<Link> {
 public:
  Link(std::shared_ptr<grpc::Channel> channel, boost::asio::any_io_executor strand, Handlers h,
       std::chrono::milliseconds silence)
      : stub_(std::move(channel)),
        strand_(std::move(strand)),
        timer_(strand_),
        handlers_(std::move(h)),
        silence_(silence) {}

  void begin() {
    self_ = shared_from_this();
    stub_.PrepareBidiStreamingCall(&context_, "/shoal.v1.TransferService/Fetch", {}, this);
    AddHold();  // reads and writes are started from outside the reactions
    StartCall();
    const std::lock_guard lock(mutex_);
    watch();
  }

  void ask(const ::shoal::v1::FetchRequest& request) override {
    const std::lock_guard lock(mutex_);
    if (closed_ || deaf_) return;
    queue_.push_back(to_buffer(request));
    if (queue_.size() == 1) StartWrite(&queue_.front());
  }

  void next() override {
    const std::lock_guard lock(mutex_);
    --unread_;
    read_on();
  }

  void close() override {
    const std::lock_guard lock(mutex_);
    close_locked(true);
  }

  void OnReadDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    // The peer has finished, or the connection is gone: its status is worth keeping.
    if (!ok) return close_locked(false);
    moved_ = true;
    grpc::Slice slice;
    if (!incoming_.DumpToSingleSlice(&slice).ok()) return close_locked(true);
    incoming_.Clear();
    reading_ = false;
    ++unread_;
    read_on();
    boost::asio::post(strand_, [self = shared_from_this(), slice = std::move(slice)] {
      self->handlers_.message(slice);
    });
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    if (!ok) {
      // The peer takes no more. What it sent before, and its status, come only to whoever goes on
      // reading.
      deaf_ = true;
      return queue_.clear();
    }
    queue_.pop_front();
    if (!closed_ && !queue_.empty()) StartWrite(&queue_.front());
  }

  void OnDone(const grpc::Status& status) override {
    boost::asio::post(strand_, [self = std::move(self_), status, silent = silent_] {
      self->timer_.cancel();
      const auto handlers = std::exchange(self->handlers_, {});
      handlers.ended(silent ? grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED, "it fell silent")
                            : status);
    });
  }

 private:
  // Ahead of whoever takes the messages, so that the next one is on its way meanwhile.
  void read_on() {
    if (closed_ || reading_ || unread_ >= limits::kFetchReadAhead) return;
    reading_ = true;
    StartRead(&incoming_);
  }

  void close_locked(bool cancel) {
    if (closed_) return;
    closed_ = true;
    if (cancel) context_.TryCancel();
    RemoveHold();
  }

  void watch() {
    timer_.expires_after(silence_);
    timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      if (error) return;
      const std::lock_guard lock(self->mutex_);
      if (self->closed_) return;
      if (!std::exchange(self->moved_, false)) {
        self->silent_ = true;
        return self->close_locked(true);
      }
      self->watch();
    });
  }

  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  boost::asio::any_io_executor strand_;
  boost::asio::steady_timer timer_;
  Handlers handlers_;
  const std::chrono::milliseconds silence_;
  std::shared_ptr<Link> self_;
  std::mutex mutex_;  ///< guards what follows
  std::deque<grpc::ByteBuffer> queue_;
  grpc::ByteBuffer incoming_;
  std::size_t unread_ = 1;  ///< messages handed on and not taken yet; at first the start is one
  bool reading_ = false;
  bool moved_ = false;
  bool deaf_ = false;
  bool silent_ = false;
  bool closed_ = false;
};

}  // namespace

std::shared_ptr<SourceLink> SourceLink::start(std::shared_ptr<grpc::Channel> channel,
                                              boost::asio::any_io_executor strand,
                                              Handlers handlers,
                                              std::chrono::milliseconds silence) {
  auto link =
      std::make_shared<Link>(std::move(channel), std::move(strand), std::move(handlers), silence);
  link->begin();
  return link;
}

}  // namespace shoal::transfer
