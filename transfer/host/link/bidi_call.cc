// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/link/bidi_call.h"

#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/client_callback.h>

#include <utility>

#include "proto/rpc/message_stream.h"
#include "proto/types/limits.h"

namespace shoal::transfer {
namespace {

class GrpcCall final : public BidiCall,
                       public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  GrpcCall(std::shared_ptr<grpc::Channel> channel, std::string method)
      : stub_(std::move(channel)), method_(std::move(method)) {}

  void begin(Reactions& reactions) override {
    reactions_ = &reactions;
    stub_.PrepareBidiStreamingCall(&context_, method_, {}, this);
    AddHold();  // reads and writes are started from outside the reactions
    StartCall();
  }
  void read() override { StartRead(&incoming_); }
  void write(const grpc::ByteBuffer& message) override { StartWrite(&message); }
  void cancel() override { context_.TryCancel(); }
  void let_go() override { RemoveHold(); }

  void OnReadDone(bool ok) override { reactions_->on_read_done(ok, std::exchange(incoming_, {})); }
  void OnWriteDone(bool ok) override { reactions_->on_write_done(ok); }
  void OnDone(const grpc::Status& status) override { reactions_->on_done(status); }

 private:
  grpc::GenericStub stub_;
  const std::string method_;
  grpc::ClientContext context_;
  Reactions* reactions_ = nullptr;
  grpc::ByteBuffer incoming_;
};

class DirectCall final : public BidiCall {
 public:
  explicit DirectCall(DirectRoute route) : route_(std::move(route)) {}

  void begin(Reactions& reactions) override {
    stream_ = rpc::MessageStream::dial(route_.executor, route_.endpoint, route_.me, route_.pinned,
                                       limits::kRpcMessage, std::make_shared<Told>(reactions));
  }
  void read() override { stream_->read(); }
  void write(const grpc::ByteBuffer& message) override { stream_->write(message); }
  void cancel() override { stream_->cancel(); }
  void let_go() override {}

 private:
  struct Told final : rpc::MessageStream::Listener {
    explicit Told(Reactions& reactions_) : reactions(reactions_) {}
    void on_read(bool ok, grpc::Slice message) override {
      reactions.on_read_done(ok, grpc::ByteBuffer(&message, 1));
    }
    void on_written(bool ok) override { reactions.on_write_done(ok); }
    void on_ended(const grpc::Status& status) override { reactions.on_done(status); }
    Reactions& reactions;
  };

  const DirectRoute route_;
  std::shared_ptr<rpc::MessageStream> stream_;
};

}  // namespace

std::shared_ptr<BidiCall> grpc_call(std::shared_ptr<grpc::Channel> channel, std::string method) {
  return std::make_shared<GrpcCall>(std::move(channel), std::move(method));
}

std::shared_ptr<BidiCall> direct_call(DirectRoute route) {
  return std::make_shared<DirectCall>(std::move(route));
}

}  // namespace shoal::transfer
