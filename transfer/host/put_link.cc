// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/put_link.h"

#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/client_callback.h>

#include <deque>
#include <mutex>

namespace shoal::transfer {
namespace {

class Link final : public PutLink,
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
    stub_.PrepareBidiStreamingCall(&context_, "/shoal.v1.InboxService/Put", {}, this);
    AddHold();  // writes are started from outside the reactions
    StartRead(&incoming_);
    StartCall();
    const std::lock_guard lock(mutex_);
    watch();
  }

  void send(std::vector<grpc::ByteBuffer> messages) override {
    const std::lock_guard lock(mutex_);
    if (closed_ || deaf_) return;
    const bool idle = queue_.empty();
    for (auto& message : messages) queue_.push_back(std::move(message));
    if (idle && !queue_.empty()) StartWrite(&queue_.front());
  }

  void be_patient(std::chrono::seconds more) override {
    const std::lock_guard lock(mutex_);
    patient_until_ = std::chrono::steady_clock::now() + more;
  }

  void close() override {
    const std::lock_guard lock(mutex_);
    close_locked(true);
  }

  void OnReadDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    // The receiver has finished, or the connection is gone: its status is worth keeping.
    if (!ok) return close_locked(false);
    moved_ = true;
    grpc::Slice slice;
    ::shoal::v1::PutResponse answer;
    if (incoming_.Length() > 4096 || !incoming_.DumpToSingleSlice(&slice).ok() ||
        !answer.ParseFromArray(slice.begin(), static_cast<int>(slice.size()))) {
      garbage_ = true;
      return close_locked(true);
    }
    incoming_.Clear();
    boost::asio::post(strand_, [self = shared_from_this(), answer = std::move(answer)] {
      if (self->handlers_.answer) self->handlers_.answer(answer);
    });
    if (!closed_) StartRead(&incoming_);
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    if (!ok) {
      // It takes no more. Why, the status tells, which comes to whoever goes on reading.
      deaf_ = true;
      return queue_.clear();
    }
    moved_ = true;
    queue_.pop_front();
    if (closed_) return;
    if (!queue_.empty()) return StartWrite(&queue_.front());
    boost::asio::post(strand_, [self = shared_from_this()] {
      if (self->handlers_.sent) self->handlers_.sent();
    });
  }

  void OnDone(const grpc::Status& status) override {
    boost::asio::post(strand_, [self = std::move(self_), status] {
      self->timer_.cancel();
      const auto handlers = std::exchange(self->handlers_, {});
      grpc::Status shown = status;
      if (self->silent_) {
        shown = grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED, "it fell silent");
      }
      if (self->garbage_) {
        shown = grpc::Status(grpc::StatusCode::INTERNAL, "its answer is malformed");
      }
      handlers.ended(shown);
    });
  }

 private:
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
      if (!std::exchange(self->moved_, false) &&
          std::chrono::steady_clock::now() > self->patient_until_) {
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
  std::chrono::steady_clock::time_point patient_until_;
  bool moved_ = false;
  bool deaf_ = false;
  bool silent_ = false;
  bool garbage_ = false;
  bool closed_ = false;
};

}  // namespace

std::shared_ptr<PutLink> PutLink::start(std::shared_ptr<grpc::Channel> channel,
                                        boost::asio::any_io_executor strand, Handlers handlers,
                                        std::chrono::milliseconds silence) {
  auto link =
      std::make_shared<Link>(std::move(channel), std::move(strand), std::move(handlers), silence);
  link->begin();
  return link;
}

}  // namespace shoal::transfer
