// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "proto/types/time.h"

namespace shoal::transfer {

/// How fast a source delivers while something is asked of it, over about the last two seconds of
/// that. Time in which it is asked for nothing does not count.
class Pace {
 public:
  /// Something is asked of an idle source.
  void on_busy(Instant now) { since_ = now; }
  /// Bytes arrive of what was asked. Requires on_busy before.
  void on_bytes(std::uint32_t bytes, Instant now);

  /// Enough came to tell: the time of a few bytes is that of their way here.
  [[nodiscard]] bool known() const;
  /// What comes in so long at that rate; 0 when nothing has arrived.
  [[nodiscard]] std::uint64_t bytes_in(std::chrono::milliseconds time) const {
    return rate() * static_cast<std::uint64_t>(time.count()) / 1000;
  }
  /// Bytes per second; 0 when nothing has arrived.
  [[nodiscard]] std::uint64_t rate() const;
  /// Bytes that have come, however long ago.
  [[nodiscard]] std::uint64_t arrived() const { return arrived_; }
  /// Since the last bytes, or since it became busy: since().
  [[nodiscard]] Duration waited(Instant now) const {
    return now > since_ ? now - since_ : Duration{};
  }
  [[nodiscard]] Instant since() const { return since_; }
  /// How long so many bytes take at that rate; a very long time at 0.
  static Duration time_for(std::uint64_t bytes, std::uint64_t rate);

 private:
  Instant since_{};
  std::uint64_t bytes_ = 0;
  std::uint64_t arrived_ = 0;
  Duration time_{};
};

}  // namespace shoal::transfer
