// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "proto/rpc/message_stream.h"
#include "proto/rpc/peer_book.h"

namespace shoal::rpc {

/// The accepting end of message streams: who is let in, and that all end before it does.
class MessageServer {
 public:
  /// Lets in whom `book` knows, as gRPC's side does; it must outlive this object. `opened` is
  /// called on a thread of the executor.
  MessageServer(boost::asio::any_io_executor executor, const Identity& me, PeerBook& book,
                std::size_t longest, MessageStream::Opened opened);
  ~MessageServer() { stop(); }
  MessageServer(const MessageServer&) = delete;
  MessageServer& operator=(const MessageServer&) = delete;

  /// A connection that begins with kStreamMark; owns it.
  void accept(int fd);
  /// Takes no more, cancels those that are open, and waits for the last word of each. Blocks; not
  /// from a thread of the executor. Idempotent.
  void stop();

 private:
  struct Open {
    std::mutex mutex;
    std::condition_variable changed;
    std::map<std::uint64_t, std::weak_ptr<MessageStream>> streams;  ///< from accept() to their end
    std::uint64_t next = 0;
    bool stopped = false;
  };

  const boost::asio::any_io_executor executor_;
  const std::shared_ptr<const TlsSessions> sessions_;
  const std::size_t longest_;
  const MessageStream::Opened opened_;
  const std::shared_ptr<Open> open_ = std::make_shared<Open>();
};

}  // namespace shoal::rpc
