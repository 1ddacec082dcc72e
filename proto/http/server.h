// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proto/asio.h"
#include "proto/http/router.h"
#include "proto/types/limits.h"
#include "proto/types/limits_accounts.h"

namespace shoal::http {

struct ServerOptions {
  /// Host names that TCP clients may use, without port, besides loopback's names and the address
  /// they connected to. Others get 421: a web page whose name points here must not talk to us.
  std::vector<std::string> hosts;
  /// Numeric addresses of proxies of ours in front of this: theirs is not the client's, which they
  /// add to X-Forwarded-For. Their connections are not counted by address.
  std::vector<std::string> proxies;
  /// Asked with the bearer token of each TCP request to a route that is not open; false: 401.
  /// Empty: no token is needed. Any thread. Compare with equal_in_constant_time.
  std::function<bool(std::string_view token)> token;
  /// Told of each answer, for logs; any thread. May be empty.
  std::function<void(const Request& request, int status)> answered;
  /// Runs the handlers of heavy routes, so that they take no worker from others; empty: `workers`.
  /// As `workers`, joined after the server has stopped.
  boost::asio::any_io_executor heavy;
  /// Requests to heavy routes that run or wait; a further one gets 429.
  std::size_t heavy_max = limits::kHttpHeavy;
  /// The user whose processes may use the Unix socket; by default this process's.
  std::uint32_t uid;

  // Tests shorten these; their meaning is in limits.h.
  std::chrono::milliseconds head_time = limits::kHttpHeadTime;
  std::chrono::milliseconds request_time = limits::kHttpRequestTime;
  std::chrono::milliseconds idle_time = limits::kHttpIdleTime;
  std::size_t connections_max = limits::kHttpConnections;
  std::size_t per_address_max = limits::kHttpConnectionsPerAddress;
  std::size_t streams_max = limits::kHttpStreams;

  ServerOptions();
};

/// What a server has counted since its start, and what is open now.
struct ServerStats {
  std::uint64_t requests = 0;
  std::uint64_t refused_connections = 0;
  std::uint64_t cut_by_deadline = 0;
  std::uint64_t gave_way = 0;  ///< had waited for longest when there was no more room
  std::size_t connections = 0;
  std::size_t at_work = 0;    ///< requests that are being answered, heavy ones apart
  std::size_t held_back = 0;  ///< connections that wait until there is room for their next request
  std::size_t streams = 0;
};

/// HTTP/1.1 on TCP and Unix sockets. A front of ours owns each connection (bounds, deadlines);
/// cpp-httplib parses; small answers are made on `workers`, streams on threads of the server.
///
/// Any thread may call. `io` runs the sockets and may have several threads. Stop the server before
/// the threads of either executor, and join those of `workers` before the context of `io` goes.
class Server {
 public:
  Server(boost::asio::any_io_executor io, boost::asio::any_io_executor workers, Router router,
         ServerOptions options = {});
  /// Stops.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Listens on a numeric address and returns the port: the kernel's choice for 0, else `port` or,
  /// when it is taken, the next free one of `tries`.
  /// Errors: kInvalidArgument (not numeric), kConflict (all taken), kIo.
  Result<std::uint16_t> listen_tcp(const std::string& address, std::uint16_t port,
                                   unsigned tries = limits::kPortTries);

  /// Listens on a Unix socket, 0600, in a folder of its own, made 0700. A file left by a crash is
  /// replaced; kConflict when somebody answers there. Errors: kInvalidArgument (path too long),
  /// kDenied (the folder is another user's or open to others), kIo.
  Result<void> listen_unix(const std::string& path);

  /// Serves a connection accepted elsewhere; what it has sent may still be in the kernel.
  void serve(boost::asio::ip::tcp::socket socket);

  [[nodiscard]] ServerStats stats() const;

  /// Takes no more, cuts connections and streams, waits for running handlers at most
  /// limits::kHttpStopTime. Returns whether all ended. Idempotent; not from a handler.
  bool stop();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace shoal::http
