// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include "proto/asio.h"
#include "proto/http/server_state.h"
#include "proto/http/unix_socket.h"

namespace shoal::http {

/// Whether that connection may be served, and if so, starts. Takes the socket; any thread.
void admit(const std::shared_ptr<ServerState>& state,
           boost::asio::generic::stream_protocol::socket socket);

/// Accepts on one socket until closed. Out of descriptors, it pauses and goes on.
template <class Protocol>
class Listener : public std::enable_shared_from_this<Listener<Protocol>> {
 public:
  using Acceptor = boost::asio::basic_socket_acceptor<Protocol>;

  Listener(std::shared_ptr<ServerState> state, Acceptor acceptor)
      : state_(std::move(state)),
        acceptor_(std::move(acceptor)),
        pause_(acceptor_.get_executor()) {}

  void start() {
    boost::asio::dispatch(acceptor_.get_executor(),
                          [self = this->shared_from_this()] { self->accept(); });
  }
  /// Any thread.
  void close() {
    boost::asio::post(acceptor_.get_executor(), [self = this->shared_from_this()] {
      boost::system::error_code ignored;
      self->acceptor_.close(ignored);
      self->pause_.cancel();
    });
  }

 private:
  void accept() {
    acceptor_.async_accept(
        boost::asio::make_strand(state_->io),
        [self = this->shared_from_this()](const boost::system::error_code& error, auto socket) {
          if (!self->acceptor_.is_open()) return;
          if (!error) admit(self->state_, std::move(socket));
          if (!error || error == boost::asio::error::connection_aborted) return self->accept();
          self->pause_.expires_after(std::chrono::milliseconds(100));
          self->pause_.async_wait([self](const boost::system::error_code& cancelled) {
            if (!cancelled && self->acceptor_.is_open()) self->accept();
          });
        });
  }

  std::shared_ptr<ServerState> state_;
  Acceptor acceptor_;
  boost::asio::steady_timer pause_;
};

}  // namespace shoal::http
