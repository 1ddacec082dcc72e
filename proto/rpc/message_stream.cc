// SPDX-License-Identifier: Apache-2.0
#include "proto/rpc/message_stream.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "proto/rpc/socket.h"
#include "proto/rpc/tls.h"
#include "proto/types/assert.h"
#include "proto/types/limits.h"
#include "proto/types/limits_transfer.h"
#include "proto/types/place.h"

namespace shoal::rpc {
namespace {

using boost::system::error_code;

grpc::Status unreachable(const std::string& why) { return {grpc::StatusCode::UNAVAILABLE, why}; }

grpc::Status hung_up() { return unreachable(std::string(kSocketClosed)); }

grpc::Status not_spoken() { return {grpc::StatusCode::UNIMPLEMENTED, "it speaks gRPC only"}; }

}  // namespace

MessageStream::MessageStream(const boost::asio::any_io_executor& executor, std::size_t longest)
    : strand_(executor), longest_(longest), socket_(strand_), resolver_(strand_), timer_(strand_) {}

MessageStream::~MessageStream() {
  session_.reset();
  if (gone_) gone_();
}

std::shared_ptr<MessageStream> MessageStream::dial(boost::asio::any_io_executor executor,
                                                   const std::string& endpoint, const Identity& me,
                                                   const PeerId& pinned, std::size_t longest,
                                                   std::shared_ptr<Listener> listener) {
  const std::shared_ptr<MessageStream> stream(new MessageStream(executor, longest));
  stream->listener_ = std::move(listener);
  stream->sessions_ = std::make_shared<const TlsSessions>(
      TlsSessions::End::kDials, me, [pinned](const PeerId& id) { return id == pinned; });
  boost::asio::post(stream->strand_, [stream, endpoint] {
    if (stream->step_ != Step::kConnecting) return;
    stream->deadline(limits::kHandshakeTime);
    const auto place = split_place(endpoint);
    if (!place) return stream->over(unreachable("it is no address: " + endpoint));
    stream->resolver_.async_resolve(
        std::string(place->host), std::to_string(place->port),
        [stream](const error_code& error, const Tcp::resolver::results_type& places) {
          stream->resolved(error, places);
        });
  });
  return stream;
}

void MessageStream::resolved(const error_code& error, const Tcp::resolver::results_type& places) {
  if (step_ != Step::kConnecting) return;
  if (error) return over(unreachable("no such host: " + error.message()));
  boost::asio::async_connect(
      socket_, places, [self = shared_from_this()](const error_code& failed, const Tcp::endpoint&) {
        if (self->step_ != Step::kConnecting) return;
        if (failed) return self->over(unreachable(failed.message()));
        const std::uint8_t mark = kStreamMark;
        prepare(self->socket_);
        if (::send(self->socket_.native_handle(), &mark, 1, MSG_NOSIGNAL) != 1) {
          return self->over(hung_up());
        }
        self->begin_session(self->sessions_);
      });
}

std::shared_ptr<MessageStream> MessageStream::accept(boost::asio::any_io_executor executor, int fd,
                                                     std::shared_ptr<const TlsSessions> sessions,
                                                     std::size_t longest, Opened opened,
                                                     std::function<void()> gone) {
  const std::shared_ptr<MessageStream> stream(new MessageStream(executor, longest));
  stream->opened_ = std::move(opened);
  stream->gone_ = std::move(gone);
  boost::asio::post(stream->strand_, [stream, fd, sessions = std::move(sessions)] {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
    error_code error;
    stream->socket_.assign(address.ss_family == AF_INET6 ? Tcp::v6() : Tcp::v4(), fd, error);
    if (error) ::close(fd);
    std::uint8_t mark = 0;
    const bool marked = !error && stream->step_ == Step::kConnecting &&
                        ::recv(fd, &mark, 1, MSG_DONTWAIT) == 1 && mark == kStreamMark;
    if (!marked) return stream->over(hung_up());
    stream->deadline(limits::kHandshakeTime);
    stream->begin_session(sessions);
  });
  return stream;
}

void MessageStream::begin_session(std::shared_ptr<const TlsSessions> sessions) {
  sessions_ = std::move(sessions);
  session_ = sessions_->on(socket_.native_handle());
  step_ = Step::kShaking;
  advance();
}

void MessageStream::deadline(std::chrono::milliseconds time) {
  timer_.expires_after(time);
  timer_.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error) self->over(unreachable("timed out"));
  });
}

void MessageStream::read() {
  on_strand([](MessageStream& self) { self.wants_read_ = true; });
}

void MessageStream::finish(const grpc::Status& status) {
  on_strand([status](MessageStream& self) {
    if (self.last_ || self.step_ > Step::kOpen) return;
    self.last_ = status;
    if (!self.writes_ && !self.deaf_) self.leave();
  });
}

void MessageStream::cancel() {
  boost::asio::post(strand_, [self = shared_from_this()] {
    self->over({grpc::StatusCode::CANCELLED, "cancelled"});
  });
}

bool MessageStream::shake() {
  ERR_clear_error();  // what another session has left would be taken for this one's
  const int done = SSL_do_handshake(session_.get());
  if (done == 1) {
    opened();
    return true;
  }
  if (blocked(SSL_get_error(session_.get(), done))) {
    arm();
  } else {
    shaking_failed();
  }
  return false;
}

bool MessageStream::blocked(int reason) {
  if (reason == SSL_ERROR_WANT_READ) blocked_by_read_ = true;
  if (reason == SSL_ERROR_WANT_WRITE) blocked_by_write_ = true;
  return reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE;
}

void MessageStream::shaking_failed() {
  if (was_distrusted(session_.get())) return over(unreachable(std::string(kAnotherKey)));
  // Who has shown no certificate has spoken no TLS after the mark.
  const bool spoke = SSL_get0_peer_certificate(session_.get()) != nullptr;
  over(spoke ? hung_up() : not_spoken());
}

void MessageStream::opened() {
  timer_.cancel();
  step_ = Step::kOpen;
  const auto peer = peer_of(session_.get());
  SHOAL_ASSERT(peer.has_value());
  if (const auto tell = std::exchange(opened_, nullptr)) {
    tell(shared_from_this(), *peer);
    if (!listener_) over(hung_up());
  }
}

// A connection that is closed with bytes unread takes back what was sent last.
void MessageStream::drain() {
  ::shutdown(socket_.native_handle(), SHUT_WR);
  const grpc::Status status = *last_;
  if (const auto listener = std::exchange(listener_, nullptr)) {
    if (std::exchange(wants_read_, false)) listener->on_read(false, {});
    listener->on_ended(status);
  }
  timer_.expires_after(limits::kStreamLinger);
  timer_.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error) self->over(hung_up());
  });
  struct Sink {
    static void swallow(const std::shared_ptr<MessageStream>& self) {
      self->socket_.async_wait(Tcp::socket::wait_read, [self](const error_code& error) {
        if (error || self->step_ == Step::kOver) return;
        std::array<char, 16384> unread;
        const auto got =
            ::recv(self->socket_.native_handle(), unread.data(), unread.size(), MSG_DONTWAIT);
        if (got <= 0) return self->over(hung_up());
        swallow(self);
      });
    }
  };
  Sink::swallow(shared_from_this());
}

void MessageStream::over(const grpc::Status& status) {
  if (std::exchange(step_, Step::kOver) == Step::kOver) return;
  timer_.cancel();
  resolver_.cancel();
  error_code ignored;
  socket_.close(ignored);
  opened_ = nullptr;
  if (const auto listener = std::exchange(listener_, nullptr)) {
    if (std::exchange(wants_read_, false)) listener->on_read(false, {});
    if (std::exchange(writes_, false)) listener->on_written(false);
    listener->on_ended(status);
  }
}

}  // namespace shoal::rpc
