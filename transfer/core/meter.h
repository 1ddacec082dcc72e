// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "proto/types/time.h"

namespace shoal::transfer {

/// How many bytes came, and how fast of late, for people to look at: unlike Pace it counts idle
/// time, so that what stands still reads 0 soon.
///
/// Cost: 100 bytes. Time may stand still between calls, never go back.
class Meter {
 public:
  static constexpr Duration kSlot = std::chrono::milliseconds(250);
  static constexpr std::size_t kSlots = 12;

  void add(std::uint64_t bytes, Instant now);
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  /// Bytes per second over the last kSlots slots, or since the first bytes if that is less (then
  /// over one second at least).
  [[nodiscard]] std::uint64_t rate(Instant now) const;

 private:
  static std::int64_t slot_of(Instant at) { return at.time_since_epoch() / kSlot; }

  std::array<std::uint64_t, kSlots> slots_{};
  std::int64_t first_ = 0;   ///< slot of the first bytes
  std::int64_t latest_ = 0;  ///< slot of the last ones
  std::uint64_t bytes_ = 0;
};

}  // namespace shoal::transfer
