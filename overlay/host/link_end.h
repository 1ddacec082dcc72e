// SPDX-License-Identifier: Apache-2.0
// This end of one link: greeting, queue, batches, pings. Internal to this folder; strand only.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "overlay/host/host_types.h"
#include "overlay/host/link_stream.h"
#include "proto/asio.h"
#include "proto/codec/frame_codec.h"
#include "proto/types/message.h"

namespace shoal::overlay {

class LinkEnd : public std::enable_shared_from_this<LinkEnd> {
 public:
  using Clock = std::chrono::steady_clock;

  /// What the end tells its owner. None is called after `ended`.
  struct Events {
    std::function<void(LinkEnd&)> greeted;  ///< hello and round trip are known: it may come up
    std::function<void(LinkEnd&)> alive;    ///< a probe was answered in time
    std::function<void(LinkEnd&, const Message&)> message;
    std::function<void(LinkEnd&, codec::Refusal)> refused;
    std::function<void(LinkEnd&, const Closing&)> ended;
  };
  enum class Phase : std::uint8_t { kHeld, kHello, kPing, kGreeted, kClosing, kOver };

  LinkEnd(std::shared_ptr<LinkStream> stream, boost::asio::any_io_executor strand,
          const PeerId& peer, bool dialled, codec::Hello ours, const LinkTimes& times,
          Events events);
  /// Starts, but neither greets nor listens before release().
  void begin();
  void release();
  void close(const Closing& closing);
  /// Asks a greeted link for a sign of life: `alive`, or its end after LinkTimes::probe.
  void probe();

  /// Puts a message behind what waits. False when there is no room for it.
  bool send(const Message& message);
  /// What the transport never got, oldest first; the queue is empty then.
  std::deque<Message> take_unsent();

  [[nodiscard]] const PeerId& peer() const { return peer_; }
  [[nodiscard]] bool dialled() const { return dialled_; }
  [[nodiscard]] const codec::Hello& ours() const { return ours_; }
  [[nodiscard]] const codec::Hello& theirs() const { return theirs_; }
  [[nodiscard]] Phase phase() const { return phase_; }
  [[nodiscard]] std::chrono::microseconds rtt() const { return rtt_; }

  PeerRef ref = kNoPeer;  ///< the owner's; held while the link is up
  Clock::time_point up_since{};

 private:
  struct Queued {
    std::optional<Message> message;  ///< none: a ping or pong
    std::string bytes;
  };

  void on_read(const std::string& bytes);
  bool on_hello(const codec::Hello& hello);
  void on_pong(std::uint64_t number);
  void put(std::optional<Message> message, std::string bytes);
  void flush();
  void ping();
  void watch(std::chrono::milliseconds wait);
  void on_watch();

  std::shared_ptr<LinkStream> stream_;
  boost::asio::steady_timer timer_;
  const PeerId peer_;
  const bool dialled_;
  const codec::Hello ours_;
  codec::Hello theirs_;
  const LinkTimes times_;
  Events events_;
  Phase phase_ = Phase::kHeld;
  std::optional<std::string> early_;  ///< what came in while it was held
  std::deque<Queued> queue_;
  std::size_t queue_bytes_ = 0;
  bool writing_ = false;
  Clock::time_point write_began_{};
  std::uint64_t pings_ = 0;
  std::uint64_t pongs_ = 0;
  Clock::time_point pinged_{};
  std::optional<Clock::time_point> probe_ends_;
  std::chrono::microseconds rtt_{};
};

}  // namespace shoal::overlay
