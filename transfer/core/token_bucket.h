// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "proto/types/time.h"

namespace shoal::transfer {

/// A rate that holds: over any time t no more is taken than burst + rate x t. Exact: what is in it
/// is counted in millionths of a byte, so nothing is ever rounded in anybody's favour.
class TokenBucket {
 public:
  /// Full. `rate` in bytes per second, at most limits::kRateMax; 0: everything may be taken at
  /// once. Requires burst > 0, at most limits::kRateMax.
  TokenBucket(std::uint64_t rate, std::uint64_t burst, Instant now);

  /// Takes as many bytes, or nothing: false. Requires bytes <= the burst unless the rate is 0. Time
  /// that goes back counts as none.
  bool take(std::uint64_t bytes, Instant now);
  /// When so many can be taken if nobody else takes any; `now` when they are there. Same condition.
  [[nodiscard]] Instant ready_at(std::uint64_t bytes, Instant now) const;
  /// Another rate from now on; what is in it stays, as far as the new burst holds it.
  void set(std::uint64_t rate, std::uint64_t burst, Instant now);
  /// Nothing distinguishes it from a new one.
  [[nodiscard]] bool full(Instant now) const { return level_at(now) == capacity_; }
  [[nodiscard]] std::uint64_t rate() const { return rate_; }

 private:
  [[nodiscard]] std::uint64_t level_at(Instant now) const;

  std::uint64_t rate_;
  std::uint64_t capacity_;  ///< in millionths of a byte, as level_
  std::uint64_t level_;     ///< at at_
  Instant at_;
};

}  // namespace shoal::transfer
