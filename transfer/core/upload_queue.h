// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>

#include "proto/types/ids.h"
#include "proto/types/limits.h"
#include "proto/types/limits_transfer.h"
#include "proto/types/time.h"
#include "transfer/core/shaper.h"

namespace shoal::transfer {

/// How many are served at once, and for how long while others wait.
struct UploadSlots {
  std::uint32_t all = limits::kUploadSlots;          ///< above 0
  std::uint32_t each = limits::kUploadSlotsPerPeer;  ///< of one peer; above 0
  std::uint64_t turn_bytes = limits::kTurnBytes;     ///< above 0
  Duration turn_time = limits::kTurnTime;
  Duration idle_time = limits::kTurnIdle;
  Duration rest_time = limits::kTurnRest;
  Duration place_kept = limits::kPlaceKept;
  friend bool operator==(const UploadSlots&, const UploadSlots&) = default;
};

/// Who is served and who waits for it.
///
/// A slot is held for a turn. A turn lasts as long as nobody else could use the slot; else until
/// turn_bytes are sent or turn_time is over, or nothing was asked for idle_time, or for rest_time
/// by one that has said that it needs nothing. Whose turn is over goes to the end of the queue.
/// Peers take turns, not streams: whoever opens many streams has its own wait for one another.
/// Hence, with n peers waiting, each is served after at most n turns: nobody starves, whoever
/// comes.
///
/// A spare turn is one that a peer has beside another, because nobody else wants the slot: it
/// begins at once or never, and is over as soon as somebody waits who could use it.
///
/// A peer that is cut off keeps its place for place_kept (in its turn: what is left of it, and the
/// head of the queue), and others pass it meanwhile.
/// Cost: O(peers that wait).
class UploadQueue {
 public:
  /// Where a stream is: 1 is the next.
  struct Place {
    std::uint32_t position;
    std::optional<Duration> eta;  ///< until its turn, as turns went lately; none: not known yet
    friend bool operator==(const Place&, const Place&) = default;
  };

  explicit UploadQueue(UploadSlots slots = {}) : slots_(slots) {}

  /// The stream wants a turn; next() will name it. False: too many wait already, of this peer or in
  /// all (limits::kUploadsWaitingPerPeer, limits::kUploadsWaiting). Requires that it neither waits
  /// nor has a turn.
  bool enter(UploadRef stream, const PeerId& peer, Instant now);
  /// The stream wants a spare turn. True: it has one from now on. False: somebody waits, or no slot
  /// is free, or its peer has all of its own; it is unknown then.
  bool enter_spare(UploadRef stream, const PeerId& peer, Instant now);
  /// The stream was cut off. Unknown ones are ignored.
  void leave(UploadRef stream, Instant now);
  /// A stream that waited and has its turn from now on; none: nobody can have one.
  std::optional<UploadRef> next(Instant now);

  /// In its turn, something was asked or sent, or nothing is open any more.
  void on_busy(UploadRef stream);
  void on_idle(UploadRef stream, Instant now);
  /// It says that it needs nothing of what is here: a reason not to wait idle_time for it, once
  /// nothing is open. False: it has no turn, or said so before.
  bool on_rest(UploadRef stream, Instant now);
  void on_sent(UploadRef stream, std::uint64_t bytes);
  /// Its turn is over: the driver ends it where no half piece is wasted, at the latest when
  /// `must_end`.
  [[nodiscard]] bool over(UploadRef stream, Instant now) const;
  [[nodiscard]] bool must_end(UploadRef stream, Instant now) const;
  /// Gives the slot back; the stream is unknown then and may enter again.
  void end_turn(UploadRef stream, Instant now);
  /// A turn that is idle for too long; to be ended.
  [[nodiscard]] std::optional<UploadRef> idle_too_long(Instant now) const;

  /// None: it does not wait.
  [[nodiscard]] std::optional<Place> place(UploadRef stream) const;
  /// When to ask idle_too_long() again.
  [[nodiscard]] std::optional<Instant> deadline() const;
  [[nodiscard]] std::size_t served() const { return turns_.size(); }
  [[nodiscard]] std::size_t waiting() const { return waiting_; }

 private:
  struct Turn {
    PeerId peer;
    Instant began;
    std::uint64_t bytes = 0;
    Duration before{};  ///< of this turn, before it was cut off
    std::optional<Instant> idle_since;
    bool rests = false;
    bool spare = false;
  };
  struct Waiter {
    PeerId peer;
    std::deque<UploadRef> streams;  ///< empty: cut off, and its place is kept
    Instant kept_until{};
    std::uint64_t bytes = 0;  ///< of a turn that was cut off
    Duration time{};
  };
  using Waiters = std::list<Waiter>;

  [[nodiscard]] std::uint32_t held_by(const PeerId& peer) const;
  Waiters::iterator find(const PeerId& peer);
  [[nodiscard]] bool wanted_by_others(const Turn& turn) const;
  [[nodiscard]] std::optional<Instant> idle_until(const Turn& turn) const;
  [[nodiscard]] Duration length(const Turn& turn, Instant now) const;
  void keep(Waiter& waiter, Instant now) { waiter.kept_until = now + slots_.place_kept; }
  void forget_old(Instant now);
  bool make_room(Instant now);

  UploadSlots slots_;
  Waiters queue_;
  std::map<UploadRef, Turn> turns_;
  std::size_t waiting_ = 0;  ///< streams in queue_
  Duration mean_turn_{};     ///< of those that ended; 0: none did
};

}  // namespace shoal::transfer
