// SPDX-License-Identifier: Apache-2.0
// What all Put calls that are received share. Internal to this folder.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "transfer/host/put/put_service.h"

namespace shoal::transfer {

class PutStream;

struct PutService::State {
  State(boost::asio::any_io_executor io_, boost::asio::any_io_executor work_, Inbox& inbox_,
        PutHooks hooks_, TransferTimes times_)
      : io(std::move(io_)),
        work(std::move(work_)),
        inbox(inbox_),
        hooks(std::move(hooks_)),
        times(times_) {}

  /// Takes a place for a call. Errors: kDenied (may not), kOverloaded; both counted.
  Result<PeerId> admit(PutStream* stream, const grpc::ServerContextBase& context);
  void count_refusal(const Error& error);

  boost::asio::any_io_executor io;
  boost::asio::any_io_executor work;
  Inbox& inbox;
  PutHooks hooks;
  TransferTimes times;
  std::mutex mutex;  ///< guards what follows
  PutCounts counts;
  std::map<PutStream*, PeerId> streams;
  bool stopped = false;
};

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* serve_put(
    std::shared_ptr<PutService::State> state, grpc::CallbackServerContext& context);
void stop_puts(PutService::State& state);

}  // namespace shoal::transfer
