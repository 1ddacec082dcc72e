// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/put/put_service.h"

#include "shoal/v1/inbox.grpc.pb.h"
#include "transfer/host/put/put_state.h"

namespace shoal::transfer {

using v1 = ::shoal::v1::InboxService;

std::string_view to_text(Fate fate) {
  switch (fate) {
    case Fate::kWaiting:
      return "waiting";
    case Fate::kShared:
      return "shared";
    case Fate::kHere:
      return "here";
  }
  return "";
}

class PutService::Rpc : public v1::WithRawCallbackMethod_Put<v1::Service> {
 public:
  explicit Rpc(std::shared_ptr<State> state) : state_(std::move(state)) {}

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Put(
      grpc::CallbackServerContext* context) override {
    return serve_put(state_, *context);
  }

 private:
  std::shared_ptr<State> state_;
};

PutService::PutService(boost::asio::any_io_executor io, boost::asio::any_io_executor work,
                       Inbox& inbox, PutHooks hooks, TransferTimes times)
    : state_(
          std::make_shared<State>(std::move(io), std::move(work), inbox, std::move(hooks), times)),
      rpc_(std::make_unique<Rpc>(state_)) {}

PutService::~PutService() { stop(); }

grpc::Service& PutService::service() { return *rpc_; }

void PutService::stop() { stop_puts(*state_); }

PutCounts PutService::counts() const {
  const std::lock_guard lock(state_->mutex);
  return state_->counts;
}

}  // namespace shoal::transfer
