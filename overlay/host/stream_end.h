// SPDX-License-Identifier: Apache-2.0
// What both ends of a stream do alike. Internal to this folder.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "overlay/host/inbox.h"
#include "overlay/host/link_stream.h"

namespace shoal::overlay {

/// Reads frames ahead and hands them in on the strand, turn by turn.
///
/// `Reactor` is gRPC's for a client or a server of byte buffers.
template <class Reactor>
class StreamEnd : public LinkStream,
                  public Reactor,
                  public std::enable_shared_from_this<StreamEnd<Reactor>> {
 public:
  explicit StreamEnd(boost::asio::any_io_executor strand) : strand_(std::move(strand)) {}

  /// gRPC calls it until OnDone.
  void hold() { self_ = this->shared_from_this(); }

  void next() final {
    const std::lock_guard lock(mutex_);
    inbox_.handled();
    read_on();
  }

  void OnReadDone(bool ok) final {
    const std::lock_guard lock(mutex_);
    grpc::Slice slice;
    if (!ok) return on_last_read(Last::kEnd);
    if (!incoming_.DumpToSingleSlice(&slice).ok()) return on_last_read(Last::kBroken);
    incoming_.Clear();
    if (inbox_.put({reinterpret_cast<const char*>(slice.begin()), slice.size()})) deliver_later();
    read_on();
  }

 protected:
  // ---- under mutex_ ----
  enum class Last { kEnd, kBroken };
  /// Nothing else will be read.
  virtual void on_last_read(Last last) = 0;
  [[nodiscard]] virtual bool closed() const = 0;

  void read_on() {
    if (!closed() && inbox_.wants_read()) this->StartRead(&incoming_);
  }
  void write_frame(const std::string& bytes) {
    const grpc::Slice slice(bytes);
    outgoing_ = grpc::ByteBuffer(&slice, 1);
    this->StartWrite(&outgoing_);
  }
  void tell_written() {
    boost::asio::post(strand_, [self = this->shared_from_this()] {
      if (self->handlers_.written) self->handlers_.written();
    });
  }

  // ---- on strand_ ----
  /// The last of all: hands in what is left, and says why it ended.
  void tell_end(const Closing& closing) {
    while (deliver()) {
    }
    const Handlers handlers = std::exchange(handlers_, {});
    if (handlers.ended) handlers.ended(closing);
  }

  const boost::asio::any_io_executor strand_;
  Handlers handlers_;                ///< of the strand
  std::shared_ptr<StreamEnd> self_;  ///< until OnDone
  std::mutex mutex_;                 ///< guards what is under it, and the starts of operations

 private:
  /// Hands in what one turn takes. False: that was all.
  bool deliver() {
    Inbox::Turn turn;
    {
      const std::lock_guard lock(mutex_);
      turn = inbox_.take();
    }
    for (std::string& frame : turn.frames) {
      if (handlers_.read) handlers_.read(std::move(frame));
    }
    return turn.more;
  }
  void deliver_later() {
    boost::asio::post(strand_, [self = this->shared_from_this()] {
      if (self->deliver()) self->deliver_later();
    });
  }

  grpc::ByteBuffer incoming_;
  grpc::ByteBuffer outgoing_;
  Inbox inbox_;
};

}  // namespace shoal::overlay
