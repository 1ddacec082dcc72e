// SPDX-License-Identifier: Apache-2.0
// The calling end of one bidirectional call whose messages are bytes. Internal to transfer/host.
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "proto/asio.h"
#include "transfer/host/link/bidi_call.h"

namespace shoal::transfer {

/// Writes what is queued, one message after the other, and cuts a far end that does nothing for
/// `silence`; what its messages mean, whoever derives from this says. Any thread may call `queue`
/// and `close_call`; the reactions come on the call's threads.
class BidiLink : private BidiCall::Reactions, public std::enable_shared_from_this<BidiLink> {
 public:
  BidiLink(std::shared_ptr<BidiCall> call, boost::asio::any_io_executor strand,
           std::chrono::milliseconds silence);
  /// Makes the call; once. Whoever lets go of the link keeps it alive until the call has ended.
  void begin();

 protected:
  virtual ~BidiLink() = default;
  /// Nothing is written any more once the far end takes no more or the call is closed.
  void queue(std::vector<grpc::ByteBuffer> messages);
  void close_call();

  /// The call is over: on the strand, once and last.
  virtual void on_ended(const grpc::Status& status) = 0;

  // With `mutex_` held:

  /// What is returned is done on the strand, at once where it can be.
  virtual std::function<void()> on_incoming(grpc::ByteBuffer message) = 0;
  /// A message is on its way; `all`: none waits behind it.
  virtual void on_written(bool /*all*/) {}
  /// Silence is no offence now.
  [[nodiscard]] virtual bool patient() const { return false; }
  /// Reads one message; not while one is being read.
  void read();
  /// The far end does something.
  void moved() { moved_ = true; }
  /// Ends the call, and says so by `status` instead of its own.
  void cut(std::optional<grpc::Status> status);

  const boost::asio::any_io_executor strand_;
  std::mutex mutex_;

 private:
  enum class Ending { kFinished, kCancelled };
  void on_read_done(bool ok, grpc::ByteBuffer message) final;
  void on_write_done(bool ok) final;
  void on_done(const grpc::Status& status) final;
  void close_locked(Ending ending);
  void watch();

  const std::shared_ptr<BidiCall> call_;
  boost::asio::steady_timer timer_;
  const std::chrono::milliseconds silence_;
  std::shared_ptr<BidiLink> self_;
  // Guarded by `mutex_`:
  std::deque<grpc::ByteBuffer> queue_;
  std::deque<std::function<void()>> heard_;  ///< to be done on the strand
  std::optional<grpc::Status> shown_;  ///< what is said of the end, where not the call's status
  bool moved_ = false;
  bool deaf_ = false;
  bool closed_ = false;
};

}  // namespace shoal::transfer
