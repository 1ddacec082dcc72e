// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <memory>
#include <utility>

#include "proto/asio.h"
#include "proto/http/newcomers.h"
#include "proto/http/server_state.h"
#include "proto/http/unix_socket.h"

namespace shoal::http {

/// Whether that connection may be served, and if so, starts. Takes the socket; any thread.
void admit(const std::shared_ptr<ServerState>& state,
           boost::asio::generic::stream_protocol::socket socket);

/// Whether that descriptor is one of those that are kept for other things than connections.
bool near_descriptor_limit(int fd);

/// Accepts on one socket until closed. Out of descriptors, it pauses and goes on.
template <class Protocol>
class Listener : public std::enable_shared_from_this<Listener<Protocol>> {
 public:
  using Acceptor = boost::asio::basic_socket_acceptor<Protocol>;

  /// `protocol`: that of `acceptor`, which listens.
  Listener(std::shared_ptr<ServerState> state, Acceptor acceptor, Protocol protocol)
      : state_(std::move(state)),
        acceptor_(std::move(acceptor)),
        protocol_(protocol),
        pause_(acceptor_.get_executor()) {
    boost::system::error_code ignored;
    acceptor_.native_non_blocking(true, ignored);
  }

  void start() {
    boost::asio::dispatch(acceptor_.get_executor(),
                          [self = this->shared_from_this()] { self->wait(); });
  }
  /// Any thread.
  void close() {
    boost::asio::post(acceptor_.get_executor(), [self = this->shared_from_this()] {
      boost::system::error_code ignored;
      self->acceptor_.close(ignored);
      self->pause_.cancel();
      self->newcomers_.clear();
    });
  }

 private:
  // Let in at once without having said a word; then others on this thread have their turn.
  static constexpr std::size_t kSilentAtOnce = 2;
  // Having asked. More at once would take the places of those that were let in before they are
  // read.
  static constexpr std::size_t kSpokenAtOnce = 4;

  void wait() {
    acceptor_.async_wait(Acceptor::wait_read, [self = this->shared_from_this()](const auto& error) {
      if (!self->acceptor_.is_open()) return;
      error ? self->pause() : self->turn();
    });
  }

  void turn() {
    const bool out_of_descriptors = !accept_all();
    for (const int fd : newcomers_.take(kSpokenAtOnce, kSilentAtOnce)) let_in(fd);
    if (!newcomers_.empty()) {
      boost::asio::post(acceptor_.get_executor(), [self = this->shared_from_this()] {
        if (self->acceptor_.is_open()) self->turn();
      });
    } else {
      out_of_descriptors ? pause() : wait();
    }
  }

  // As many as there is room for. False: there may be more that cannot be accepted now.
  bool accept_all() {
    // To let in is what frees descriptors, since others may go for it.
    if (few_descriptors_ && !newcomers_.empty()) return false;
    few_descriptors_ = false;
    while (!newcomers_.full()) {
      const int fd = ::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC);
      if (fd >= 0) {
        // Whoever is still in the kernel can wait there; who was accepted could only be refused.
        few_descriptors_ = near_descriptor_limit(fd + 1);
        if (few_descriptors_ && near_descriptor_limit(fd)) return refuse(fd);
        newcomers_.add(fd);
        if (few_descriptors_) return false;
      } else if (errno != ECONNABORTED && errno != EINTR) {
        return errno == EAGAIN || errno == EWOULDBLOCK;
      }
    }
    return true;
  }

  void let_in(int fd) {
    boost::asio::generic::stream_protocol::socket socket(boost::asio::make_strand(state_->io));
    boost::system::error_code error;
    socket.assign(protocol_, fd, error);
    if (!error) return admit(state_, std::move(socket));
    refuse(fd);
  }

  // False, always.
  bool refuse(int fd) {
    ::close(fd);
    state_->count_refused();
    return false;
  }

  void pause() {
    pause_.expires_after(std::chrono::milliseconds(100));
    pause_.async_wait([self = this->shared_from_this()](const boost::system::error_code& error) {
      if (!error && self->acceptor_.is_open()) self->wait();
    });
  }

  std::shared_ptr<ServerState> state_;
  Acceptor acceptor_;
  const Protocol protocol_;
  boost::asio::steady_timer pause_;
  Newcomers newcomers_;
  bool few_descriptors_ = false;  // the last that was accepted took what there was
};

}  // namespace shoal::http
