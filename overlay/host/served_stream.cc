// SPDX-License-Identifier: Apache-2.0
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "overlay/host/stream_end.h"
#include "proto/rpc/status.h"
#include "proto/rpc/tls.h"
#include "shoal/v1/link.grpc.pb.h"

namespace shoal::overlay {
namespace {

using Reactor = grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;

class ServedStream final : public StreamEnd<Reactor> {
 public:
  ServedStream(grpc::CallbackServerContext& context, boost::asio::any_io_executor strand)
      : StreamEnd(std::move(strand)), context_(context), patience_(strand_) {}

  void begin(Handlers handlers) override {
    handlers_ = std::move(handlers);
    const std::lock_guard lock(mutex_);
    read_on();
  }

  bool write(const std::string& bytes) override {
    const std::lock_guard lock(mutex_);
    if (closing_) return false;
    writing_ = true;
    write_frame(bytes);
    return true;
  }

  void close(const Closing& closing) override {
    const std::lock_guard lock(mutex_);
    if (closing_) return;
    reason_ = closing;
    end_locked(rpc::to_status({closing.code, "the link was closed", closing.why, {}}));
  }

  /// A status goes behind what was written.
  void finish(const Closing& closing) override { close(closing); }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (closing_) return finish_locked();
    if (!ok) return end_locked(grpc::Status::CANCELLED);
    tell_written();
  }

  void OnCancel() override {
    const std::lock_guard lock(mutex_);
    end_locked(grpc::Status::CANCELLED);
  }

  void OnDone() override {
    boost::asio::post(strand_, [self = std::move(self_), this] {
      patience_.cancel();
      tell_end(reason_.value_or(Closing{Errc::kUnreachable, "the other end closed the link"}));
    });
  }

 private:
  void on_last_read(Last last) override {
    end_locked(last == Last::kEnd ? grpc::Status::OK : grpc::Status::CANCELLED);
  }
  [[nodiscard]] bool closed() const override { return closing_.has_value(); }
  /// A write under way has to end before the status can be sent.
  void end_locked(const grpc::Status& status) {
    if (closing_) return;
    closing_ = status;
    if (!writing_) return finish_locked();
    // The reason can only follow the write; a reader that does not take that gets none.
    boost::asio::post(strand_, [self = shared_from_this(), this] { lose_patience_later(); });
  }
  void lose_patience_later() {
    if (!handlers_.ended) return;  // it has ended meanwhile
    patience_.expires_after(std::chrono::milliseconds(500));
    patience_.async_wait([weak = weak_from_this(), this](const boost::system::error_code& error) {
      const auto self = weak.lock();
      if (error || !self) return;
      const std::lock_guard lock(mutex_);
      if (!finished_) context_.TryCancel();
    });
  }
  void finish_locked() {
    if (std::exchange(finished_, true)) return;
    Finish(*closing_);
  }

  grpc::CallbackServerContext& context_;
  boost::asio::steady_timer patience_;  ///< of the strand
  std::optional<Closing> reason_;
  // Under mutex_:
  std::optional<grpc::Status> closing_;
  bool writing_ = false;
  bool finished_ = false;
};

/// The methods are raw: a frame's length is judged before anything is parsed.
using RawService = ::shoal::v1::LinkService::WithRawCallbackMethod_Open<
    ::shoal::v1::LinkService::WithRawCallbackMethod_Visit<::shoal::v1::LinkService::Service>>;

class Service final : public RawService {
 public:
  using Accepted = std::function<void(std::shared_ptr<LinkStream>, const PeerId&, StreamKind)>;
  Service(boost::asio::any_io_executor strand, Accepted accepted)
      : strand_(std::move(strand)), accepted_(std::move(accepted)) {}

  Reactor* Open(grpc::CallbackServerContext* context) override {
    return serve(*context, StreamKind::kLink);
  }
  Reactor* Visit(grpc::CallbackServerContext* context) override {
    return serve(*context, StreamKind::kVisit);
  }

 private:
  Reactor* serve(grpc::CallbackServerContext& context, StreamKind kind) {
    const auto caller = rpc::caller_of(context);
    auto stream = std::make_shared<ServedStream>(context, strand_);
    stream->hold();
    if (!caller) {
      stream->close({Errc::kUnauthenticated, "no key was shown"});
    } else {
      boost::asio::post(strand_, [accepted = accepted_, stream, id = *caller, kind] {
        accepted(stream, id, kind);
      });
    }
    return stream.get();
  }

  boost::asio::any_io_executor strand_;
  Accepted accepted_;
};

}  // namespace

std::unique_ptr<grpc::Service> serve_links(boost::asio::any_io_executor strand,
                                           Service::Accepted accepted) {
  return std::make_unique<Service>(std::move(strand), std::move(accepted));
}

}  // namespace shoal::overlay
