// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/server.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "proto/rpc/acceptor.h"
#include "proto/rpc/identity.h"
#include "proto/rpc/message_stream.h"
#include "proto/rpc/peer_book.h"

namespace grpc {
class Service;
}  // namespace grpc

namespace shoal::rpc {

/// A peer's gRPC server behind its own acceptor: pinned TLS, bounded memory, streams and threads.
/// Beside it, on the same port, message streams.
///
/// Own threads: none but gRPC's. The order of an end is stop(), then the services, then `book`.
class RpcServer {
 public:
  struct Options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
    Acceptor::Options acceptor;
    /// Connections that do not begin with TLS. Empty: closed.
    std::function<void(boost::asio::ip::tcp::socket)> on_http;
    /// Message streams that friends and keys of answered queries have opened: who wants their
    /// messages calls listen(). On threads of `streams`. Empty: closed.
    MessageStream::Opened on_stream;
    boost::asio::any_io_executor streams;
  };

  /// Listens, but serves nobody before start(). Errors: those of Acceptor::listen.
  static Result<std::unique_ptr<RpcServer>> listen(boost::asio::any_io_executor executor,
                                                   Options options);
  ~RpcServer();
  RpcServer(const RpcServer&) = delete;
  RpcServer& operator=(const RpcServer&) = delete;

  [[nodiscard]] std::uint16_t port() const;

  /// Serves. The services and `book` must outlive the server. Errors: kInternal (gRPC refuses).
  Result<void> start(const Identity& me, PeerBook& book, std::vector<grpc::Service*> services);
  /// Takes no more, gives open calls limits::kRpcStopTime, cancels the rest. Blocks; not from a
  /// thread of the executor. Idempotent.
  void stop();

 private:
  class Impl;
  explicit RpcServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace shoal::rpc
