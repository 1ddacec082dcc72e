// SPDX-License-Identifier: Apache-2.0
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/client_callback.h>

#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "overlay/host/inbox.h"
#include "overlay/host/link_stream.h"
#include "proto/rpc/status.h"

namespace shoal::overlay {
namespace {

Closing closing_of(const grpc::Status& status) {
  if (status.ok()) return {Errc::kUnreachable, "the other end closed the link"};
  Error error = rpc::from_status(status);
  if (!rpc::has_reason(status) && !error.next.empty()) error.why += "; " + error.next;
  return {error.code, std::move(error.why)};
}

class DialledStream final : public LinkStream,
                            public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                            public std::enable_shared_from_this<DialledStream> {
 public:
  DialledStream(std::shared_ptr<grpc::Channel> channel, boost::asio::any_io_executor strand,
                StreamKind kind)
      : stub_(std::move(channel)), strand_(std::move(strand)), kind_(kind) {}

  void begin(Handlers handlers) override {
    handlers_ = std::move(handlers);
    self_ = shared_from_this();
    const char* const method =
        kind_ == StreamKind::kLink ? "/shoal.v1.LinkService/Open" : "/shoal.v1.LinkService/Visit";
    stub_.PrepareBidiStreamingCall(&context_, method, {}, this);
    AddHold();  // reads and writes are started from outside the reactions
    const std::lock_guard lock(mutex_);
    read_on();
    StartCall();
  }

  void write(const std::string& bytes) override {
    const std::lock_guard lock(mutex_);
    if (closed_ || deaf_ || finished_) return;
    const grpc::Slice slice(bytes);
    outgoing_ = grpc::ByteBuffer(&slice, 1);
    StartWrite(&outgoing_);
  }

  void next() override {
    const std::lock_guard lock(mutex_);
    inbox_.handled();
    read_on();
  }

  void close(const Closing& closing) override {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    own_reason_ = closing;
    close_locked(true);
  }

  /// The other end reads to the end of what was written, and then ends the call.
  void finish(const Closing& closing) override {
    const std::lock_guard lock(mutex_);
    if (closed_ || finished_) return;
    own_reason_ = closing;
    finished_ = true;
    if (!deaf_) StartWritesDone();
  }

  void OnReadDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    if (!ok) return close_locked(false);
    grpc::Slice slice;
    if (!incoming_.DumpToSingleSlice(&slice).ok()) return close_locked(true);
    incoming_.Clear();
    if (inbox_.put({reinterpret_cast<const char*>(slice.begin()), slice.size()})) {
      deliver_later();
    }
    read_on();
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    if (!ok) {
      // The peer takes no more. What it sent before, and why it ends, come only to whoever goes on
      // reading.
      deaf_ = true;
      return;
    }
    boost::asio::post(strand_, [self = shared_from_this()] {
      if (self->handlers_.written) self->handlers_.written();
    });
  }

  void OnDone(const grpc::Status& status) override {
    boost::asio::post(strand_, [self = std::move(self_), status] {
      while (self->deliver()) {
      }
      const Handlers handlers = std::exchange(self->handlers_, {});
      if (handlers.ended) {
        handlers.ended(self->own_reason_ ? *self->own_reason_ : closing_of(status));
      }
    });
  }

 private:
  /// Hands in what one turn takes. False: that was all.
  bool deliver() {
    Inbox::Turn turn;
    {
      const std::lock_guard lock(mutex_);
      turn = inbox_.take();
    }
    for (std::string& frame : turn.frames) {
      if (handlers_.read) handlers_.read(std::move(frame));
    }
    return turn.more;
  }
  void deliver_later() {
    boost::asio::post(strand_, [self = shared_from_this()] {
      if (self->deliver()) self->deliver_later();
    });
  }
  void read_on() {
    if (!closed_ && inbox_.wants_read()) StartRead(&incoming_);
  }
  void close_locked(bool cancel) {
    if (closed_) return;
    closed_ = true;
    if (cancel) context_.TryCancel();
    RemoveHold();
  }

  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  boost::asio::any_io_executor strand_;
  const StreamKind kind_;
  Handlers handlers_;  ///< of the strand
  std::shared_ptr<DialledStream> self_;
  grpc::ByteBuffer incoming_;
  grpc::ByteBuffer outgoing_;
  std::optional<Closing> own_reason_;
  std::mutex mutex_;  ///< guards what follows and the starts of operations
  Inbox inbox_;
  bool deaf_ = false;
  bool finished_ = false;
  bool closed_ = false;
};

}  // namespace

std::shared_ptr<LinkStream> dial_link(std::shared_ptr<grpc::Channel> channel,
                                      boost::asio::any_io_executor strand, StreamKind kind) {
  return std::make_shared<DialledStream>(std::move(channel), std::move(strand), kind);
}

}  // namespace shoal::overlay
