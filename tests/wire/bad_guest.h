// SPDX-License-Identifier: Apache-2.0
// Somebody whom nobody knows, who visits as badly as a test wants.
#pragma once

#include <grpcpp/client_context.h>

#include "proto/codec/frame_codec.h"
#include "proto/rpc/channel.h"
#include "shoal/v1/link.grpc.pb.h"
#include "tests/wire/hosts.h"

namespace shoal::overlay {

/// One visit to `victim`, written by hand.
class BadGuest {
 public:
  explicit BadGuest(Peer& victim, rpc::Identity me = rpc::Identity::generate())
      : me_(std::move(me)),
        stub_(::shoal::v1::LinkService::NewStub(
            rpc::make_channel(victim.endpoint(), me_, victim.id()))) {
    context_.set_deadline(std::chrono::system_clock::now() + 20s);
    stream_ = stub_->Visit(&context_);
  }
  /// Whether the victim answered.
  bool greet() {
    codec::Hello hello;
    hello.network = "shoal";
    hello.ttl_limit = limits::kTtlLimit;
    hello.card = rpc::seal_card(me_, "guest", {}, 1, unix_now());
    ::shoal::v1::VisitResponse read;
    return send(codec::encode_hello(hello)) && stream_->Read(&read) && read.has_hello();
  }
  bool send(const std::string& bytes) {
    ::shoal::v1::VisitRequest write;
    EXPECT_TRUE(write.ParseFromString(bytes));
    return stream_->Write(write);
  }
  /// A frame of so many messages of the membership.
  bool say(const std::string& text, std::size_t times = 1,
           const std::vector<std::string>& cards = {}) {
    Message message;
    message.kind = static_cast<MessageKind>(kFirstOwnMessageKind);
    message.body = make_payload<OpaqueBody>([&](OpaqueBody& body) {
      body.bytes = text;
      body.cards = cards;
    });
    std::string entries;
    for (std::size_t i = 0; i < times; ++i) codec::append_item(entries, message);
    return send(codec::frame_of(entries));
  }
  /// Reads until the victim ends the visit, and says why.
  grpc::Status end() {
    ::shoal::v1::VisitResponse read;
    while (stream_->Read(&read)) {
    }
    return stream_->Finish();
  }
  void hang_up() {
    context_.TryCancel();
    end();
  }
  [[nodiscard]] const PeerId& id() const { return me_.id(); }

 private:
  rpc::Identity me_;
  std::unique_ptr<::shoal::v1::LinkService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<::shoal::v1::VisitRequest, ::shoal::v1::VisitResponse>>
      stream_;
};

}  // namespace shoal::overlay
