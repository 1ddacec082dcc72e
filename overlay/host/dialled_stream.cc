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

#include "overlay/host/stream_end.h"
#include "proto/rpc/status.h"

namespace shoal::overlay {
namespace {

Closing closing_of(const grpc::Status& status) {
  if (status.ok()) return {Errc::kUnreachable, "the other end closed the link"};
  Error error = rpc::from_status(status);
  if (!rpc::has_reason(status) && !error.next.empty()) error.why += "; " + error.next;
  return {error.code, std::move(error.why)};
}

using Reactor = grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;

class DialledStream final : public StreamEnd<Reactor> {
 public:
  DialledStream(std::shared_ptr<grpc::Channel> channel, boost::asio::any_io_executor strand,
                StreamKind kind)
      : StreamEnd(std::move(strand)), stub_(std::move(channel)), kind_(kind) {}

  void begin(Handlers handlers) override {
    handlers_ = std::move(handlers);
    hold();
    const char* const method =
        kind_ == StreamKind::kLink ? "/shoal.v1.LinkService/Open" : "/shoal.v1.LinkService/Visit";
    stub_.PrepareBidiStreamingCall(&context_, method, {}, this);
    AddHold();  // reads and writes are started from outside the reactions
    const std::lock_guard lock(mutex_);
    read_on();
    StartCall();
  }

  bool write(const std::string& bytes) override {
    const std::lock_guard lock(mutex_);
    if (closed_ || deaf_ || finished_) return false;
    write_frame(bytes);
    return true;
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

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    if (!ok) {
      // The peer takes no more. What it sent before, and why it ends, come only to whoever goes on
      // reading.
      deaf_ = true;
      return;
    }
    tell_written();
  }

  void OnDone(const grpc::Status& status) override {
    boost::asio::post(strand_, [self = std::move(self_), this, status] {
      tell_end(own_reason_ ? *own_reason_ : closing_of(status));
    });
  }

 private:
  void on_last_read(Last last) override { close_locked(last == Last::kBroken); }
  [[nodiscard]] bool closed() const override { return closed_; }
  void close_locked(bool cancel) {
    if (closed_) return;
    closed_ = true;
    if (cancel) context_.TryCancel();
    RemoveHold();
  }

  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  const StreamKind kind_;
  std::optional<Closing> own_reason_;
  // Under mutex_:
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
