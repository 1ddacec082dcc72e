// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/serve/fetch_call.h"

#include <utility>

#include "proto/rpc/message_stream.h"
#include "proto/rpc/status.h"
#include "transfer/host/serve/fetch_stream.h"

namespace shoal::transfer {
namespace {

class GrpcFetch final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                        public FetchCall {
 public:
  GrpcFetch(std::shared_ptr<TransferService::State> state, grpc::CallbackServerContext& context)
      : context_(context), stream_(std::make_shared<FetchStream>(std::move(state), *this)) {}
  void begin(const Result<PeerId>& caller) { stream_->begin(caller); }

  void read() override { StartRead(&request_); }
  void write(grpc::ByteBuffer message) override {
    answer_ = std::move(message);
    StartWrite(&answer_);
  }
  void finish(const grpc::Status& status) override { Finish(status); }
  void cancel() override { context_.TryCancel(); }

  void OnReadDone(bool ok) override { stream_->on_read_done(ok, std::exchange(request_, {})); }
  void OnWriteDone(bool ok) override { stream_->on_write_done(ok); }
  void OnCancel() override { stream_->on_cancel(); }
  void OnDone() override {
    stream_->on_done();
    delete this;
  }

 private:
  grpc::CallbackServerContext& context_;
  const std::shared_ptr<FetchStream> stream_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer answer_;
};

class DirectFetch final : public rpc::MessageStream::Listener, public FetchCall {
 public:
  DirectFetch(std::shared_ptr<TransferService::State> state,
              std::shared_ptr<rpc::MessageStream> messages)
      : messages_(std::move(messages)),
        stream_(std::make_shared<FetchStream>(std::move(state), *this)) {}
  void begin(const Result<PeerId>& caller) { stream_->begin(caller); }

  void read() override { messages_->read(); }
  void write(grpc::ByteBuffer message) override { messages_->write(message); }
  void finish(const grpc::Status& status) override { messages_->finish(status); }
  void cancel() override { messages_->cancel(); }

  void on_read(bool ok, grpc::Slice message) override {
    stream_->on_read_done(ok, grpc::ByteBuffer(&message, 1));
  }
  void on_written(bool ok) override { stream_->on_write_done(ok); }
  void on_ended(const grpc::Status&) override {
    stream_->on_cancel();
    stream_->on_done();
  }

 private:
  const std::shared_ptr<rpc::MessageStream> messages_;
  const std::shared_ptr<FetchStream> stream_;
};

}  // namespace

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* serve_fetch(
    std::shared_ptr<TransferService::State> state, grpc::CallbackServerContext& context) {
  const auto caller = state->admit(state->gate.who(context));
  auto* const call = new GrpcFetch(std::move(state), context);  // its own, until OnDone
  call->begin(caller);
  return call;
}

void serve_fetch(std::shared_ptr<TransferService::State> state,
                 std::shared_ptr<rpc::MessageStream> messages, const PeerId& peer) {
  const auto caller = state->admit(peer);
  const auto call = std::make_shared<DirectFetch>(std::move(state), messages);
  messages->listen(call);
  call->begin(caller);
}

}  // namespace shoal::transfer
