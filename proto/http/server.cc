// SPDX-License-Identifier: Apache-2.0
#include "proto/http/server.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mutex>
#include <utility>

#include "proto/http/connection.h"
#include "proto/http/listener.h"

namespace shoal::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Socket = Connection::Socket;
using Local = asio::local::stream_protocol;

// The two ends of a connection as the kernel knows them.
struct Ends {
  Peer peer;
  std::string local_address;
};

std::string address_of(const Socket::endpoint_type& endpoint) {
  if (endpoint.protocol().family() != AF_INET && endpoint.protocol().family() != AF_INET6)
    return {};
  tcp::endpoint ip;
  ip.resize(endpoint.size());
  std::memcpy(ip.data(), endpoint.data(), endpoint.size());
  if (!ip.address().is_v6()) return ip.address().to_string();
  auto v6 = ip.address().to_v6();
  if (v6.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, v6).to_string();
  v6.scope_id(0);
  return v6.to_string();
}

std::optional<Ends> ends_of(Socket& socket) {
  error_code error;
  const auto here = socket.local_endpoint(error);
  if (error) return std::nullopt;
  Ends ends;
  if (here.protocol().family() == AF_UNIX) {
    ucred who{};
    socklen_t size = sizeof who;
    if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) {
      return std::nullopt;
    }
    ends.peer.uid = who.uid;
    return ends;
  }
  const auto there = socket.remote_endpoint(error);
  if (error) return std::nullopt;
  ends.peer.address = address_of(there);
  ends.local_address = address_of(here);
  return ends;
}

void set_flags(int fd) {
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // fails on a Unix socket: no matter
}

Error listen_error(const std::string& where, const error_code& error) {
  return {Errc::kIo, "cannot listen on " + where, error.message(), {}};
}

}  // namespace

bool near_descriptor_limit(int fd) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return false;
  return static_cast<rlim_t>(fd) + static_cast<rlim_t>(limits::kDescriptorReserve) >=
         limit.rlim_cur;
}

void admit(const std::shared_ptr<ServerState>& state, Socket socket) {
  set_flags(socket.native_handle());
  auto ends = ends_of(socket);
  if (!ends || near_descriptor_limit(socket.native_handle())) return state->count_refused();
  // Else a read of what is not there yet holds up the thread, and with it every other connection.
  error_code error;
  socket.non_blocking(true, error);
  if (error) return state->count_refused();
  const std::string key = ends->peer.uid ? "unix" : address_key(ends->peer.address);
  const bool welcome = !ends->peer.uid || *ends->peer.uid == state->options.uid;
  const auto guest = welcome ? state->enter(key, ends->peer) : std::nullopt;
  if (state->stopping()) {
    if (guest) state->leave(*guest);
    return;
  }
  if (!guest && !state->begin_turning_away()) return;
  const int native = socket.native_handle();
  auto connection = std::make_shared<Connection>(state, std::move(socket), std::move(ends->peer),
                                                 std::move(ends->local_address), guest);
  if (!welcome) {
    state->count_refused();
    return connection->turn_away(403, "this socket is another user's");
  }
  if (!guest) return connection->turn_away(503, "too many connections; try again later");
  state->remember(*guest, connection, native);
  connection->start();
}

ServerOptions::ServerOptions() : uid(::geteuid()) {}

class Server::Impl {
 public:
  Impl(asio::any_io_executor io, asio::any_io_executor workers, Router router,
       ServerOptions options)
      : state_(std::make_shared<ServerState>(std::move(io), std::move(workers), std::move(router),
                                             std::move(options))) {}

  Result<std::uint16_t> listen_tcp(const std::string& address, std::uint16_t port, unsigned tries) {
    error_code error;
    const auto ip = asio::ip::make_address(address, error);
    const std::string where = address + ":" + std::to_string(port);
    if (error) {
      return fail(Errc::kInvalidArgument, "cannot listen on " + where,
                  "\"" + address + "\" is no numeric address", "for example 127.0.0.1");
    }
    tcp::acceptor acceptor(asio::make_strand(state_->io));
    tcp::endpoint endpoint(ip, port);
    for (unsigned attempt = 0; attempt < tries || attempt == 0; ++attempt) {
      acceptor.open(endpoint.protocol(), error);
      if (error) return tl::unexpected(listen_error(where, error));
      ::fcntl(acceptor.native_handle(), F_SETFD, FD_CLOEXEC);
      acceptor.set_option(tcp::acceptor::reuse_address(true), error);
      acceptor.bind(endpoint, error);
      if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
      if (!error) {
        const std::uint16_t chosen = acceptor.local_endpoint().port();
        add(std::make_shared<Listener<tcp>>(state_, std::move(acceptor), endpoint.protocol()));
        return chosen;
      }
      if (error != asio::error::address_in_use) return tl::unexpected(listen_error(where, error));
      acceptor.close(error);
      if (endpoint.port() == 65535) break;
      endpoint.port(static_cast<std::uint16_t>(endpoint.port() + 1));
    }
    return fail(Errc::kConflict, "cannot listen on " + where,
                "it is taken, and so are the ports after it", "choose another port, or 0 for any");
  }

  Result<void> listen_unix(const std::string& path) {
    auto place = UnixPlace::take(path);
    if (!place) return tl::unexpected(place.error());
    Local::acceptor acceptor(asio::make_strand(state_->io));
    error_code error;
    acceptor.open(Local(), error);
    if (error) return tl::unexpected(listen_error(path, error));
    ::fcntl(acceptor.native_handle(), F_SETFD, FD_CLOEXEC);
    acceptor.bind(Local::endpoint(path), error);
    if (error) return tl::unexpected(listen_error(path, error));
    // Sockets come up 0755; until here the folder kept others out.
    if (::chmod(path.c_str(), 0600) != 0) error.assign(errno, boost::system::generic_category());
    if (!error) acceptor.listen(Local::acceptor::max_listen_connections, error);
    if (error) return tl::unexpected(listen_error(path, error));
    add(std::make_shared<Listener<Local>>(state_, std::move(acceptor), Local()), std::move(*place));
    return {};
  }

  void serve(tcp::socket socket) {
    error_code error;
    const auto here = socket.local_endpoint(error);
    if (error) return state_->count_refused();
    // Onto a strand of ours, whatever executor it came with.
    const int fd = socket.release(error);
    if (error) return state_->count_refused();
    Socket ours(asio::make_strand(state_->io));
    ours.assign(asio::generic::stream_protocol(here.protocol()), fd, error);
    if (error) {
      ::close(fd);
      return state_->count_refused();
    }
    admit(state_, std::move(ours));
  }

  bool stop() {
    std::vector<std::function<void()>> closers;
    std::vector<UnixPlace> places;
    {
      const std::scoped_lock lock(mutex_);
      closers.swap(closers_);
      places.swap(places_);
    }
    for (const auto& close : closers) close();
    return state_->stop();
  }

  [[nodiscard]] ServerStats stats() const { return state_->stats(); }

 private:
  template <class Any>
  void add(std::shared_ptr<Any> listener, std::optional<UnixPlace> place = std::nullopt) {
    listener->start();
    const std::scoped_lock lock(mutex_);
    closers_.emplace_back([listener] { listener->close(); });
    if (place) places_.push_back(std::move(*place));
  }

  std::shared_ptr<ServerState> state_;
  std::mutex mutex_;
  std::vector<std::function<void()>> closers_;
  std::vector<UnixPlace> places_;
};

Server::Server(asio::any_io_executor io, asio::any_io_executor workers, Router router,
               ServerOptions options)
    : impl_(std::make_shared<Impl>(std::move(io), std::move(workers), std::move(router),
                                   std::move(options))) {}
Server::~Server() { stop(); }

Result<std::uint16_t> Server::listen_tcp(const std::string& address, std::uint16_t port,
                                         unsigned tries) {
  return impl_->listen_tcp(address, port, tries);
}
Result<void> Server::listen_unix(const std::string& path) { return impl_->listen_unix(path); }
void Server::serve(tcp::socket socket) { impl_->serve(std::move(socket)); }
ServerStats Server::stats() const { return impl_->stats(); }
bool Server::stop() { return impl_->stop(); }

}  // namespace shoal::http
