// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "proto/asio.h"
#include "proto/rpc/open_connections.h"
#include "proto/types/limits.h"
#include "proto/types/result.h"

namespace shoal::rpc {

/// The one port of a peer. Accepts, looks at the first byte, and hands the connection on: TLS to
/// gRPC, kStreamMark to message streams, everything else to plain HTTP.
///
/// gRPC gets no listening socket, because one of gRPC 1.51 that ever ran out of descriptors never
/// accepts again. Here such a moment costs a pause. An address that holds too many connections is
/// refused, and so is everybody while only limits::kDescriptorReserve descriptors are left.
/// Any thread may call; handlers are called on a strand of the executor.
class Acceptor : public std::enable_shared_from_this<Acceptor> {
 public:
  struct Options {
    std::size_t per_address = limits::kConnectionsPerAddress;
    std::size_t per_loopback = limits::kConnectionsPerLoopback;
    std::chrono::milliseconds first_byte = limits::kFirstByteTime;
    unsigned port_tries = limits::kPortTries;
  };
  struct Handlers {
    std::function<void(int fd)> on_tls;  ///< owns the descriptor from then on
    std::function<void(boost::asio::ip::tcp::socket)> on_http;
    std::function<void(int fd)> on_stream = nullptr;  ///< owns the descriptor from then on
  };
  struct Counts {
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;  ///< over a bound
    std::uint64_t silent = 0;   ///< cut without a first byte
  };

  /// Listens on a numeric address: on `port`, or on the next free one when it is taken; 0: the
  /// kernel's choice. Accepts nothing before start().
  /// Errors: kInvalidArgument (not numeric), kConflict (all taken), kIo.
  static Result<std::shared_ptr<Acceptor>> listen(boost::asio::any_io_executor executor,
                                                  const std::string& address, std::uint16_t port,
                                                  Options options);
  void start(Handlers handlers);
  /// Takes no more. Connections handed on are not touched. `closed` is called when no handler will
  /// be any more.
  void close(std::function<void()> closed);

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// Of the strand only.
  [[nodiscard]] Counts counts() const { return counts_; }

 private:
  using Tcp = boost::asio::ip::tcp;
  struct Waiting;

  Acceptor(Tcp::acceptor acceptor, Options options);
  void accept();
  void rest();
  bool has_room(const Tcp::socket& socket);
  void await_first_byte(Tcp::socket socket);
  void hand_on(Tcp::socket socket);

  const Options options_;
  Tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  Handlers handlers_;
  std::uint16_t port_ = 0;
  bool closed_ = false;
  Counts counts_;
  std::set<std::shared_ptr<Waiting>> waiting_;  ///< connections that have said nothing yet
  OpenConnections open_;
};

}  // namespace shoal::rpc
