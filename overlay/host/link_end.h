// SPDX-License-Identifier: Apache-2.0
// This end of one link: greeting, queue, batches, pings. Internal to this folder; strand only.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "overlay/host/host_types.h"
#include "overlay/host/link_stream.h"
#include "overlay/host/outbox.h"
#include "proto/asio.h"
#include "proto/codec/frame_codec.h"
#include "proto/types/message.h"

namespace shoal::overlay {

/// What an end is, from its beginning on.
struct EndTraits {
  PeerId peer;
  bool dialled = false;
  StreamKind kind = StreamKind::kLink;
  Pace pace;
};

/// A link greets in four steps (hello, ping, pong, up), a visit in one (both hellos). What is sent
/// goes out at the end of the strand's turn, as many messages in one write as a frame takes.
class LinkEnd : public std::enable_shared_from_this<LinkEnd> {
 public:
  using Clock = std::chrono::steady_clock;

  /// What the end tells its owner. None is called after `ended`.
  struct Events {
    std::function<void(LinkEnd&)> greeted;  ///< hello and round trip are known: it may come up
    std::function<void(LinkEnd&)> alive;    ///< a probe was answered in time
    std::function<void(LinkEnd&)> waited;   ///< held for as long as wait() said
    std::function<void(LinkEnd&, const Message&)> message;
    std::function<void(LinkEnd&, codec::Refusal)> refused;
    std::function<void(LinkEnd&, const Closing&)> ended;
  };
  enum class Phase : std::uint8_t { kHeld, kHello, kPing, kGreeted, kLeaving, kClosing, kOver };

  LinkEnd(std::shared_ptr<LinkStream> stream, boost::asio::any_io_executor strand,
          const EndTraits& traits, codec::Hello ours, const LinkTimes& times,
          std::shared_ptr<Outbox> outbox, Events events);
  /// Starts, but neither greets nor listens before release().
  void begin();
  void release();
  /// While it is held: `waited` is called after so long.
  void wait(std::chrono::milliseconds patience);
  /// Holds an end again that said its hello and heard none yet: it goes on with release(), or ends
  /// when its time to greet is over.
  void suspend();
  void close(const Closing& closing);
  /// Ends it when what waits has been sent. A link takes nothing in any more; a visit takes in what
  /// was on its way, as far as that is read within kLeaveTime, at its pace.
  void leave(const Closing& closing);
  /// Asks a greeted link for a sign of life: `alive`, or its end after LinkTimes::probe.
  void probe();

  /// Puts a message behind what waits. False when there is no room for it. Before the greeting only
  /// a visit takes some.
  bool send(const Message& message);
  /// What the transport never got, oldest first; the queue is empty then.
  std::deque<Message> take_unsent();
  [[nodiscard]] bool has_unsent() const { return !queue_.empty(); }
  /// Takes over what waits at `other`. Requires that nothing waits here.
  void take_queue_of(LinkEnd& other);

  [[nodiscard]] const PeerId& peer() const { return traits_.peer; }
  [[nodiscard]] bool dialled() const { return traits_.dialled; }
  [[nodiscard]] bool visit() const { return traits_.kind == StreamKind::kVisit; }
  [[nodiscard]] const codec::Hello& ours() const { return ours_; }
  [[nodiscard]] const codec::Hello& theirs() const { return theirs_; }
  [[nodiscard]] Phase phase() const { return phase_; }
  /// It was greeted once, whatever came of it.
  [[nodiscard]] bool met() const { return met_; }
  [[nodiscard]] std::chrono::microseconds rtt() const { return rtt_; }

  PeerRef ref = kNoPeer;  ///< the owner's; held while the link is up
  Clock::time_point up_since{};

 private:
  friend class Outbox;
  struct Queued {
    std::optional<Message> message;  ///< none: a ping or pong
    std::size_t bytes = 0;           ///< its part of buffer_
  };

  /// Whether what comes in is heard.
  [[nodiscard]] bool hears() const {
    return phase_ < Phase::kLeaving || (phase_ == Phase::kLeaving && visit());
  }
  void on_read(std::string bytes);
  bool on_hello(const codec::Hello& hello);
  void on_pong(std::uint64_t number);
  void read_on(std::size_t weight);
  [[nodiscard]] std::size_t waiting_bytes() const { return buffer_.size() - written_; }
  void put(const codec::Item& ping_or_pong);
  void queued(std::optional<Message> message, std::size_t bytes_before);
  void flush_later();
  void flush();
  void finish();
  void ping();
  void watch(std::chrono::milliseconds wait);
  void on_watch();

  std::shared_ptr<LinkStream> stream_;
  boost::asio::any_io_executor strand_;
  boost::asio::steady_timer timer_;
  const EndTraits traits_;
  const codec::Hello ours_;
  codec::Hello theirs_;
  const LinkTimes times_;
  const std::shared_ptr<Outbox> outbox_;
  Events events_;
  Phase phase_ = Phase::kHeld;
  bool met_ = false;
  bool said_hello_ = false;
  std::vector<std::string> early_;  ///< what came in while it was held
  std::deque<Queued> queue_;
  std::string buffer_;       ///< the encoded queue, from `written_` on
  std::size_t written_ = 0;  ///< of buffer_
  bool writing_ = false;
  bool flushing_later_ = false;
  std::optional<Closing> leaving_;
  bool asked_to_end_ = false;
  boost::asio::steady_timer pause_;  ///< until a stranger is read on
  double allowance_ = 0;             ///< messages and contacts that it may still send now
  Clock::time_point allowed_{};      ///< when that was
  std::size_t unread_ = 0;           ///< frames that are not asked for yet
  Clock::time_point write_began_{};
  std::uint64_t pings_ = 0;
  std::uint64_t pongs_ = 0;
  Clock::time_point pinged_{};
  std::optional<Clock::time_point> probe_ends_;
  std::chrono::microseconds rtt_{};
};

}  // namespace shoal::overlay
