// SPDX-License-Identifier: Apache-2.0
// What all Fetch calls that are served share. Internal to this folder.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <mutex>
#include <set>

#include "shoal/v1/transfer.pb.h"
#include "transfer/host/serve/spread_desk.h"
#include "transfer/host/serve/transfer_service.h"
#include "transfer/host/serve/upload_desk.h"

namespace shoal::rpc {
class MessageStream;
}

namespace shoal::transfer {

class FetchStream;

struct TransferService::State {
  State(boost::asio::any_io_executor io_, boost::asio::any_io_executor work_, FileSource& files_,
        Gate gate_, TransferTimes times_, const UploadSlots& slots, UploadRates rates)
      : io(std::move(io_)),
        work(std::move(work_)),
        files(files_),
        gate(std::move(gate_)),
        times(times_),
        desk(std::make_shared<UploadDesk>(io, slots, std::move(rates))),
        spreads(io) {}

  /// The caller, if it may have bytes. Errors: kDenied, counted.
  Result<PeerId> admit(const std::optional<PeerId>& caller);

  boost::asio::any_io_executor io;
  boost::asio::any_io_executor work;
  FileSource& files;
  Gate gate;
  TransferTimes times;
  const std::shared_ptr<UploadDesk> desk;
  SpreadDesk spreads;
  std::mutex mutex;  ///< guards what follows
  UploadCounts counts;
  std::set<FetchStream*> streams;
  bool stopped = false;
};

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* serve_fetch(
    std::shared_ptr<TransferService::State> state, grpc::CallbackServerContext& context);
/// `peer` is at the other end of the stream.
void serve_fetch(std::shared_ptr<TransferService::State> state,
                 std::shared_ptr<rpc::MessageStream> messages, const PeerId& peer);
void stop_fetches(TransferService::State& state);
grpc::Status no_upload_place();
grpc::Status no_spare_slot();
grpc::Status no_longer_served();

}  // namespace shoal::transfer
