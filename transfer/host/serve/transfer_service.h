// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "proto/asio.h"
#include "proto/types/ids.h"
#include "transfer/core/upload_queue.h"
#include "transfer/host/serve/file_source.h"
#include "transfer/host/times.h"

namespace grpc {
class ServerContextBase;
class Service;
}  // namespace grpc

namespace shoal::rpc {
class MessageStream;
}

namespace shoal::transfer {

class UploadDesk;

/// Who is on the other end, and whether that peer may have bytes. Called by gRPC's threads.
struct Gate {
  /// The caller's key as the TLS session proved it; none: refused.
  std::function<std::optional<PeerId>(const grpc::ServerContextBase&)> who;
  /// Friends, and keys of queries that this peer answered. Asked at the start of each call, before
  /// each answer, and every limits::kGateRecheck while nothing moves. Must be quick.
  std::function<bool(const PeerId&)> may_fetch;
  /// Whose rate holds for what that caller gets; none: its own. Asked before each answer. Must be
  /// quick.
  std::function<PeerId(const PeerId&)> payer = nullptr;
};

/// What the service has done since it was made.
struct UploadCounts {
  std::uint64_t streams = 0;  ///< Fetch calls that named a content which is here
  std::uint64_t bytes = 0;    ///< of files, handed to gRPC
  std::uint64_t refused = 0;  ///< calls by those who may not, or over a limit
  std::uint64_t waiting = 0;  ///< in the queue now
};

/// Serves Describe and Fetch (proto/shoal/v1/transfer.proto), the latter also over message streams.
///
/// Fetch bytes travel as gRPC slices: one buffer is filled from the file and sent, without
/// protobuf. A stream that is silent for limits::kTransferSilence, or whose reader takes nothing
/// for as long, is cancelled. Who finds no free slot waits in a queue and is told its place; see
/// UploadQueue and Shaper for slots and rates. Own threads: none; files are read on `work`, timers
/// run on `io`.
class TransferService {
 public:
  /// `files` must outlive the service.
  TransferService(boost::asio::any_io_executor io, boost::asio::any_io_executor work,
                  FileSource& files, Gate gate, TransferTimes times = {},
                  const UploadSlots& slots = {}, UploadRates rates = {});
  ~TransferService();
  TransferService(const TransferService&) = delete;
  TransferService& operator=(const TransferService&) = delete;

  /// To be registered at the RPC server, which must be shut down before this object goes.
  grpc::Service& service();
  /// A Fetch call that `peer` makes without gRPC. The server that accepted it must be stopped
  /// before this object goes.
  void serve(std::shared_ptr<rpc::MessageStream> messages, const PeerId& peer);
  /// Cancels the open streams and refuses new ones. The server's own shutdown waits for their end.
  void stop();
  /// Other rates from now on, for those who are being served too.
  void set_rates(UploadRates rates);
  [[nodiscard]] UploadCounts counts() const;
  /// What holds these rates, for whatever else this peer gives.
  [[nodiscard]] std::shared_ptr<UploadDesk> desk() const;

  struct State;

 private:
  class Rpc;
  std::shared_ptr<State> state_;
  std::unique_ptr<Rpc> rpc_;
};

}  // namespace shoal::transfer
