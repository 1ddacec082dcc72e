// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/put/put_link.h"

#include "transfer/host/link/bidi_link.h"

namespace shoal::transfer {
namespace {

class Link final : public PutLink, public BidiLink {
 public:
  Link(std::shared_ptr<grpc::Channel> channel, boost::asio::any_io_executor strand, Handlers h,
       std::chrono::milliseconds silence)
      : BidiLink(grpc_call(std::move(channel), "/shoal.v1.InboxService/Put"), std::move(strand),
                 silence),
        handlers_(std::move(h)) {}

  void begin() {
    BidiLink::begin();
    const std::lock_guard lock(mutex_);
    read();
  }

  void send(std::vector<grpc::ByteBuffer> messages) override { queue(std::move(messages)); }

  void be_patient(std::chrono::seconds more) override {
    const std::lock_guard lock(mutex_);
    patient_until_ = std::chrono::steady_clock::now() + more;
  }

  void close() override { close_call(); }

 private:
  std::function<void()> on_incoming(grpc::ByteBuffer message) override {
    grpc::Slice slice;
    ::shoal::v1::PutResponse answer;
    if (message.Length() > 4096 || !message.DumpToSingleSlice(&slice).ok() ||
        !answer.ParseFromArray(slice.begin(), static_cast<int>(slice.size()))) {
      cut(grpc::Status(grpc::StatusCode::INTERNAL, "its answer is malformed"));
      return {};
    }
    read();
    return [self = link(), answer = std::move(answer)] {
      if (self->handlers_.answer) self->handlers_.answer(answer);
    };
  }

  void on_written(bool all) override {
    moved();
    if (!all) return;
    boost::asio::post(strand_, [self = link()] {
      if (self->handlers_.sent) self->handlers_.sent();
    });
  }

  void on_ended(const grpc::Status& status) override {
    const auto handlers = std::exchange(handlers_, {});
    handlers.ended(status);
  }

  [[nodiscard]] bool patient() const override {
    return std::chrono::steady_clock::now() <= patient_until_;
  }

  std::shared_ptr<Link> link() { return std::static_pointer_cast<Link>(shared_from_this()); }

  Handlers handlers_;
  std::chrono::steady_clock::time_point patient_until_;  ///< guarded by `mutex_`
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
