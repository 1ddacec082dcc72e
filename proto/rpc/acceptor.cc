// SPDX-License-Identifier: Apache-2.0
#include "proto/rpc/acceptor.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <utility>

#include "proto/rpc/message_stream.h"
#include "proto/rpc/socket.h"

namespace shoal::rpc {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr unsigned char kTlsHandshake = 0x16;  // RFC 8446, section 5.1

ino_t inode_of(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 ? status.st_ino : 0;
}

int last_usable_descriptor() {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  return static_cast<int>(files.rlim_cur) - limits::kDescriptorReserve;
}

/// An IPv4 caller of a socket that listens on both.
boost::asio::ip::address unmapped(const boost::asio::ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6());
}

/// One /64 is one household of IPv6.
boost::asio::ip::address household_of(const tcp::endpoint& peer) {
  const auto address = unmapped(peer.address());
  if (!address.is_v6()) return address;
  auto bytes = address.to_v6().to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
  return boost::asio::ip::address_v6(bytes);
}

}  // namespace

/// A connection that has said nothing yet.
struct Acceptor::Waiting {
  Waiting(Tcp::socket socket_, std::chrono::milliseconds patience)
      : socket(std::move(socket_)), timer(socket.get_executor(), patience) {}
  Tcp::socket socket;
  boost::asio::steady_timer timer;
  bool over = false;

  void give_up() {
    over = true;
    timer.cancel();
    error_code ignored;
    socket.close(ignored);
  }
};

Acceptor::Acceptor(Tcp::acceptor acceptor, Options options)
    : options_(options),
      acceptor_(std::move(acceptor)),
      pause_(acceptor_.get_executor()),
      open_(inode_of) {
  port_ = acceptor_.local_endpoint().port();
}

Result<std::shared_ptr<Acceptor>> Acceptor::listen(boost::asio::any_io_executor executor,
                                                   const std::string& address, std::uint16_t port,
                                                   Options options) {
  const std::string what = "cannot listen on " + address + ":" + std::to_string(port);
  error_code error;
  const auto numeric = boost::asio::ip::make_address(address, error);
  if (error) return fail(Errc::kInvalidArgument, what, "it is no numeric address", "try 0.0.0.0");
  const auto strand = boost::asio::make_strand(executor);
  const unsigned tries = port == 0 ? 1 : options.port_tries;
  for (unsigned i = 0; i < tries && port + i <= UINT16_MAX; ++i) {
    Tcp::acceptor acceptor(strand);
    const Tcp::endpoint endpoint(numeric, static_cast<std::uint16_t>(port + i));
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(Tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(boost::asio::socket_base::max_listen_connections, error);
    if (!error) {
      ::fcntl(acceptor.native_handle(), F_SETFD, FD_CLOEXEC);
      return std::shared_ptr<Acceptor>(new Acceptor(std::move(acceptor), options));
    }
    if (error != boost::asio::error::address_in_use) {
      return fail(Errc::kIo, what, error.message(), "choose another address or port");
    }
  }
  return fail(Errc::kConflict, what,
              "this port and the next " + std::to_string(tries - 1) + " are taken",
              "choose another with --port, or 0 for any");
}

void Acceptor::start(Handlers handlers) {
  boost::asio::post(acceptor_.get_executor(),
                    [self = shared_from_this(), handlers = std::move(handlers)]() mutable {
                      self->handlers_ = std::move(handlers);
                      if (!self->closed_) self->accept();
                    });
}

void Acceptor::close(std::function<void()> closed) {
  boost::asio::post(acceptor_.get_executor(),
                    [self = shared_from_this(), closed = std::move(closed)] {
                      self->closed_ = true;
                      error_code ignored;
                      self->acceptor_.close(ignored);
                      self->pause_.cancel();
                      for (const auto& waiting : self->waiting_) waiting->give_up();
                      self->handlers_ = {};
                      if (closed) closed();
                    });
}

void Acceptor::accept() {
  acceptor_.async_accept([self = shared_from_this()](error_code error, Tcp::socket socket) {
    if (self->closed_) return;
    // Out of descriptors or memory: at once again would spin. A caller that hung up is no trouble.
    if (error && error != boost::asio::error::connection_aborted) return self->rest();
    if (!error) {
      ++self->counts_.accepted;
      if (self->has_room(socket)) {
        self->await_first_byte(std::move(socket));
      } else {
        ++self->counts_.refused;
      }
    }
    self->accept();
  });
}

void Acceptor::rest() {
  pause_.expires_after(limits::kAcceptPause);
  pause_.async_wait([self = shared_from_this()](error_code error) {
    if (!error && !self->closed_) self->accept();
  });
}

bool Acceptor::has_room(const Tcp::socket& socket) {
  error_code gone;
  const auto peer = socket.remote_endpoint(gone);
  const int fd = const_cast<Tcp::socket&>(socket).native_handle();
  if (gone || fd >= last_usable_descriptor()) return false;
  const std::size_t most =
      unmapped(peer.address()).is_loopback() ? options_.per_loopback : options_.per_address;
  return open_.admit(household_of(peer), fd, most, OpenConnections::Clock::now());
}

void Acceptor::await_first_byte(Tcp::socket socket) {
  prepare(socket);
  auto waiting = std::make_shared<Waiting>(std::move(socket), options_.first_byte);
  waiting_.insert(waiting);
  waiting->timer.async_wait([waiting, self = shared_from_this()](error_code error) {
    if (error || waiting->over) return;
    ++self->counts_.silent;
    self->waiting_.erase(waiting);
    waiting->give_up();
  });
  waiting->socket.async_wait(Tcp::socket::wait_read,
                             [waiting, self = shared_from_this()](error_code error) {
                               if (waiting->over) return;
                               waiting->over = true;
                               waiting->timer.cancel();
                               self->waiting_.erase(waiting);
                               if (!error && !self->closed_)
                                 self->hand_on(std::move(waiting->socket));
                             });
}

void Acceptor::hand_on(Tcp::socket socket) {
  unsigned char first = 0;
  const ssize_t read = ::recv(socket.native_handle(), &first, 1, MSG_PEEK | MSG_DONTWAIT);
  if (read != 1) return;  // it hung up
  if (first != kTlsHandshake && first != kStreamMark) {
    if (handlers_.on_http) handlers_.on_http(std::move(socket));
    return;
  }
  const auto& take = first == kTlsHandshake ? handlers_.on_tls : handlers_.on_stream;
  if (!take) return;
  error_code error;
  const int fd = socket.release(error);
  if (!error) take(fd);
}

}  // namespace shoal::rpc
