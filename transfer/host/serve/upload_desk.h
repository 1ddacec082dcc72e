// SPDX-License-Identifier: Apache-2.0
// Slots, queue and rates of all served streams. Internal to transfer/host.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "proto/asio.h"
#include "transfer/core/upload_queue.h"

namespace shoal::transfer {

/// Drives an UploadQueue and a Shaper with real time. Any thread. Streams may call it under a lock
/// of their own: what they hear is posted to `io`.
class UploadDesk : public std::enable_shared_from_this<UploadDesk> {
 public:
  /// What a stream hears. What it hears late (it has left meanwhile) is its own to ignore.
  struct Ears {
    std::function<void()> turn;       ///< it waited: its turn has begun
    std::function<void()> turn_over;  ///< it asked for nothing: its turn has ended
    std::function<void()> may_send;   ///< what it asked for may be sent
  };
  enum class Entered : std::uint8_t { kTurn, kWaits, kFull };

  UploadDesk(boost::asio::any_io_executor io, UploadSlots slots, UploadRates rates);

  UploadRef join(Ears ears);
  /// It wants a turn. Requires that it has none and does not wait.
  Entered enter(UploadRef stream, const PeerId& peer);
  /// It wants a spare turn; false: there is none. Requires as enter().
  bool enter_spare(UploadRef stream, const PeerId& peer);
  /// It is gone.
  void leave(UploadRef stream);
  /// Its turn is over, see UploadQueue; `true` gives it back then.
  bool give_back_if_over(UploadRef stream, bool between_pieces);
  /// Something is open in its turn, or nothing.
  void on_busy(UploadRef stream);
  void on_idle(UploadRef stream);
  /// Its fetcher says that it needs nothing.
  void on_rest(UploadRef stream);
  /// True: send so many bytes now. False: may_send follows.
  bool ask(UploadRef stream, const PeerId& peer, std::uint32_t bytes);
  /// Where it waits for a turn.
  [[nodiscard]] std::optional<UploadQueue::Place> place(UploadRef stream) const;
  /// How long it waits for its rate at least.
  [[nodiscard]] Duration wait(UploadRef stream) const;
  void set_rates(UploadRates rates);
  [[nodiscard]] std::size_t waiting() const;
  /// No timer runs any more.
  void stop();

 private:
  [[nodiscard]] static Instant now();
  void settle(std::optional<UploadRef> caller = std::nullopt);  ///< under mutex_
  void tell(UploadRef stream, std::function<void()> Ears::*what);
  void arm();

  boost::asio::any_io_executor io_;
  mutable std::mutex mutex_;  ///< guards what follows
  UploadQueue queue_;
  Shaper shaper_;
  std::map<UploadRef, Ears> ears_;
  std::uint64_t refs_ = 0;
  boost::asio::steady_timer timer_;
  std::optional<Instant> armed_;
  bool granted_ = false;  ///< the caller of settle() itself
  bool stopped_ = false;
};

}  // namespace shoal::transfer
