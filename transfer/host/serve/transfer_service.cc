// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/serve/transfer_service.h"

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include "proto/rpc/status.h"
#include "shoal/v1/transfer.grpc.pb.h"
#include "transfer/host/link/wire.h"
#include "transfer/host/serve/transfer_state.h"

namespace shoal::transfer {
namespace {

using v1 = ::shoal::v1::TransferService;

}  // namespace

class TransferService::Rpc
    : public v1::WithRawCallbackMethod_Fetch<v1::WithCallbackMethod_Describe<v1::Service>> {
 public:
  explicit Rpc(std::shared_ptr<State> state) : state_(std::move(state)) {}

  grpc::ServerUnaryReactor* Describe(grpc::CallbackServerContext* context,
                                     const ::shoal::v1::DescribeRequest* request,
                                     ::shoal::v1::DescribeResponse* response) override {
    auto* const reactor = context->DefaultReactor();
    const auto id = content_of(*request);
    if (auto allowed = state_->admit(state_->gate.who(*context)); !allowed) {
      reactor->Finish(rpc::to_status(allowed.error()));
    } else if (!id) {
      reactor->Finish(rpc::to_status(id.error()));
    } else {
      boost::asio::post(state_->work, [state = state_, id = *id, response, reactor] {
        auto file = state->files.open_file(id);
        if (file) {
          response->set_name((*file)->name());
          const auto here = (*file)->pieces();
          if (here && !here->all()) response->set_pieces(here->pack());
        }
        reactor->Finish(file ? grpc::Status::OK : rpc::to_status(file.error()));
      });
    }
    return reactor;
  }

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Fetch(
      grpc::CallbackServerContext* context) override {
    return serve_fetch(state_, *context);
  }

 private:
  std::shared_ptr<State> state_;
};

TransferService::TransferService(boost::asio::any_io_executor io, boost::asio::any_io_executor work,
                                 FileSource& files, Gate gate, TransferTimes times,
                                 const UploadSlots& slots, UploadRates rates)
    : state_(std::make_shared<State>(std::move(io), std::move(work), files, std::move(gate), times,
                                     slots, std::move(rates))),
      rpc_(std::make_unique<Rpc>(state_)) {}

TransferService::~TransferService() { stop(); }

grpc::Service& TransferService::service() { return *rpc_; }

void TransferService::serve(std::shared_ptr<rpc::MessageStream> messages, const PeerId& peer) {
  serve_fetch(state_, std::move(messages), peer);
}

void TransferService::stop() {
  stop_fetches(*state_);
  state_->desk->stop();
}

void TransferService::set_rates(UploadRates rates) { state_->desk->set_rates(std::move(rates)); }

std::shared_ptr<UploadDesk> TransferService::desk() const { return state_->desk; }

UploadCounts TransferService::counts() const {
  const std::lock_guard lock(state_->mutex);
  UploadCounts counts = state_->counts;
  counts.waiting = state_->desk->waiting();
  return counts;
}

}  // namespace shoal::transfer
