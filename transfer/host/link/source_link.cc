// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/link/source_link.h"

#include "proto/types/limits_transfer.h"
#include "transfer/host/link/bidi_link.h"
#include "transfer/host/link/wire.h"

namespace shoal::transfer {
namespace {

class Link final : public SourceLink, public BidiLink {
 public:
  Link(std::shared_ptr<BidiCall> call, boost::asio::any_io_executor strand, Handlers h,
       std::chrono::milliseconds silence)
      : BidiLink(std::move(call), std::move(strand), silence), handlers_(std::move(h)) {}

  void ask(const ::shoal::v1::FetchRequest& request) override { queue({to_buffer(request)}); }

  void next() override {
    const std::lock_guard lock(mutex_);
    --unread_;
    read_on();
  }

  void close() override { close_call(); }

 private:
  std::function<void()> on_incoming(grpc::ByteBuffer message) override {
    Parts parts;  // as they came: to make one slice of them would be one more copy
    if (!message.Dump(&parts).ok()) {
      cut(std::nullopt);
      return {};
    }
    reading_ = false;
    ++unread_;
    read_on();
    auto self = std::static_pointer_cast<Link>(shared_from_this());
    return [self = std::move(self), parts = std::move(parts)] { self->handlers_.message(parts); };
  }

  void on_ended(const grpc::Status& status) override {
    const auto handlers = std::exchange(handlers_, {});
    handlers.ended(status);
  }

  // Ahead of whoever takes the messages, so that the next one is on its way meanwhile.
  void read_on() {
    if (reading_ || unread_ >= limits::kFetchReadAhead) return;
    reading_ = true;
    read();
  }

  Handlers handlers_;
  // Guarded by `mutex_`:
  std::size_t unread_ = 1;  ///< messages handed on and not taken yet; at first the start is one
  bool reading_ = false;
};

}  // namespace

std::shared_ptr<SourceLink> SourceLink::start(SourceRoute route,
                                              boost::asio::any_io_executor strand,
                                              Handlers handlers,
                                              std::chrono::milliseconds silence) {
  auto call = route.direct ? direct_call(std::move(*route.direct))
                           : grpc_call(std::move(route.channel), "/shoal.v1.TransferService/Fetch");
  auto link =
      std::make_shared<Link>(std::move(call), std::move(strand), std::move(handlers), silence);
  link->begin();
  return link;
}

}  // namespace shoal::transfer
