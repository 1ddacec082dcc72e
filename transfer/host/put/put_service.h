// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "proto/asio.h"
#include "proto/types/ids.h"
#include "transfer/core/merkle.h"
#include "transfer/host/inbox/inbox.h"
#include "transfer/host/times.h"

namespace grpc {
class ServerContextBase;
class Service;
}  // namespace grpc

namespace shoal::transfer {

/// What became of a file that was put.
enum class Fate : std::uint8_t {
  kWaiting,  ///< for the owner of the inbox
  kShared,   ///< shared from now on
  kHere,     ///< was shared before; nothing was sent
};
std::string_view to_text(Fate fate);

/// What the service needs of others. Called by gRPC's threads and on `work`.
struct PutHooks {
  /// The caller's key as the TLS session proved it; none: refused.
  std::function<std::optional<PeerId>(const grpc::ServerContextBase&)> who;
  /// Friends only. Asked at the start of each call, with each message, and every
  /// limits::kGateRecheck while nothing moves. Must be quick.
  std::function<bool(const PeerId&)> may_put;
  /// Whether files are taken at all. Errors: kDenied, in words for the friend.
  std::function<Result<void>()> open;
  /// Whether this peer shares that content already. May block.
  std::function<bool(const ContentId&)> shared;
  /// The file at that path has just been read and is all of that tree. May block.
  std::function<void(const std::string& path, const FileTree&)> verified;
  /// A file is whole, verified and durable in the inbox; says what becomes of it. May block.
  std::function<Fate(const InboxEntry&)> received;
};

/// What the service has done since it was made.
struct PutCounts {
  std::uint64_t files = 0;    ///< received whole
  std::uint64_t bytes = 0;    ///< of files, verified
  std::uint64_t refused = 0;  ///< calls of those who may not, or over a limit
  std::uint64_t wrong = 0;    ///< calls that sent what no honest giver sends
};

/// Receives what friends put (proto/shoal/v1/inbox.proto) into an inbox.
///
/// Own threads: none; files are written on `work`, timers run on `io`.
class PutService {
 public:
  /// `inbox` must outlive the service.
  PutService(boost::asio::any_io_executor io, boost::asio::any_io_executor work, Inbox& inbox,
             PutHooks hooks, TransferTimes times = {});
  ~PutService();
  PutService(const PutService&) = delete;
  PutService& operator=(const PutService&) = delete;

  /// To be registered at the RPC server, which must be shut down before this object goes.
  grpc::Service& service();
  /// Cancels the open streams and refuses new ones. The server's own shutdown waits for their end.
  void stop();
  [[nodiscard]] PutCounts counts() const;

  struct State;

 private:
  class Rpc;
  std::shared_ptr<State> state_;
  std::unique_ptr<Rpc> rpc_;
};

}  // namespace shoal::transfer
