// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/asio.h"
#include "proto/rpc/tls_session.h"

namespace shoal::rpc {

/// One call on a connection of its own: messages both ways over TLS that both ends pin. It behaves
/// as a call of gRPC does, whose way through HTTP/2 costs more than all else that is done for bytes
/// of files: a message is decrypted into the buffer in which it is handed on.
///
/// On the wire: the byte kStreamMark, then TLS 1.3, and in it frames: four bytes, the length of
/// what follows them, most significant first; one byte, what it is; the message, or a
/// ::shoal::v1::CallEnd, which is the accepting end's last frame.
///
/// Any thread may call. What it tells comes on a strand of the executor, never from within a call
/// from elsewhere. It lives until its end, whoever lets go of it.
class MessageStream : public std::enable_shared_from_this<MessageStream> {
 public:
  /// What is told of a stream.
  class Listener {
   public:
    virtual ~Listener() = default;
    /// The answer to read(); not `ok`: there is nothing more to be read.
    virtual void on_read(bool ok, grpc::Slice message) = 0;
    /// The answer to write(); not `ok`: the other end takes nothing more.
    virtual void on_written(bool ok) = 0;
    /// Once and last.
    virtual void on_ended(const grpc::Status& status) = 0;
  };
  /// The TLS session is up, and `peer` is at its other end.
  using Opened = std::function<void(std::shared_ptr<MessageStream>, const PeerId& peer)>;

  /// Connects to `endpoint` ("host:port"), where `pinned` must answer. Messages up to `longest`
  /// bytes are taken. Its status when it ends before it is up: UNAVAILABLE, with the words of
  /// kAnotherKey where that is why; UNIMPLEMENTED when somebody was there who does not speak this.
  static std::shared_ptr<MessageStream> dial(boost::asio::any_io_executor executor,
                                             const std::string& endpoint, const Identity& me,
                                             const PeerId& pinned, std::size_t longest,
                                             std::shared_ptr<Listener> listener);
  /// The other end of that, on a connection of an Acceptor that has sent kStreamMark; owns `fd`.
  /// `opened` must call listen(), or the stream ends.
  static std::shared_ptr<MessageStream> accept(boost::asio::any_io_executor executor, int fd,
                                               std::shared_ptr<const TlsSessions> sessions,
                                               std::size_t longest, Opened opened,
                                               std::function<void()> gone);

  void listen(std::shared_ptr<Listener> listener) { listener_ = std::move(listener); }
  /// One message. Not while one is being read.
  void read();
  /// Not while one is being written.
  void write(const grpc::ByteBuffer& message);
  /// Ends the call, after what is being written; of the accepting end.
  void finish(const grpc::Status& status);
  /// Ends it at once.
  void cancel();

  ~MessageStream();

 private:
  using Tcp = boost::asio::ip::tcp;
  using Strand = boost::asio::strand<boost::asio::any_io_executor>;
  enum class Step : std::uint8_t { kConnecting, kShaking, kOpen, kLeaving, kOver };
  enum class Did : std::uint8_t { kSome, kBlocked, kEnded };

  MessageStream(const boost::asio::any_io_executor& executor, std::size_t longest);

  /// From within what it tells, a call is carried out when that returns.
  template <class F>
  void on_strand(F f) {
    if (strand_.running_in_this_thread()) return f(*this);
    boost::asio::post(strand_, [self = shared_from_this(), f = std::move(f)]() mutable {
      f(*self);
      self->advance();
    });
  }
  void resolved(const boost::system::error_code& error, const Tcp::resolver::results_type& places);
  void begin_session(std::shared_ptr<const TlsSessions> sessions);
  void deadline(std::chrono::milliseconds time);
  void advance();
  bool shake();
  bool blocked(int reason);
  void shaking_failed();
  void opened();
  Did send_some();
  Moved put_some();
  Did take_some();
  Did take_head();
  Did take_frame();
  void lost_reader();
  void queue_frame(std::uint8_t kind, const grpc::ByteBuffer& message);
  void arm();
  void wait(Tcp::socket::wait_type what, bool& armed);
  [[nodiscard]] bool has_gone();
  void leave();
  void drain();
  void over(const grpc::Status& status);

  const Strand strand_;
  const std::size_t longest_;
  Tcp::socket socket_;
  Tcp::resolver resolver_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<const TlsSessions> sessions_;
  TlsSessions::Session session_;
  std::shared_ptr<Listener> listener_;
  Opened opened_;
  std::function<void()> gone_;  ///< the last that is done, wherever
  Step step_ = Step::kConnecting;
  bool wants_read_ = false;
  bool writes_ = false;
  bool gathers_ = false;  ///< what is written is long
  bool deaf_ = false;     ///< the other end takes nothing more
  bool armed_read_ = false;
  bool armed_write_ = false;
  bool armed_error_ = false;
  bool unread_ = false;  ///< bytes wait in the socket, and nobody wants to read
  bool dry_ = false;     ///< there was nothing to read, and nothing came since
  bool blocked_by_read_ = false;
  bool blocked_by_write_ = false;
  std::array<std::uint8_t, 5> head_{};
  std::size_t head_got_ = 0;
  grpc::Slice body_;
  std::size_t body_got_ = 0;
  std::vector<grpc::Slice> out_;
  std::size_t out_at_ = 0;    ///< the slice that is being written
  std::size_t out_done_ = 0;  ///< bytes of it
  std::optional<grpc::Status> last_;
};

/// What gRPC says of a connection that is gone, and a message stream too.
inline constexpr std::string_view kSocketClosed = "Socket closed";

/// The first byte of a connection that goes on as a MessageStream: neither TLS nor HTTP begins so.
inline constexpr std::uint8_t kStreamMark = 0x01;

}  // namespace shoal::rpc
