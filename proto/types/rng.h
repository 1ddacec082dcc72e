// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "proto/types/assert.h"

namespace shoal {

/// A deterministic random stream: SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom
/// number generators", OOPSLA 2014).
///
/// 8 bytes, so a million peers cost 8 MB. Same seed, same numbers on every compiler and CPU; no
/// floating point in the interface. Not for secrets.
class Rng {
 public:
  explicit constexpr Rng(std::uint64_t seed) : state_(seed) {}

  constexpr std::uint64_t next() {
    state_ += 0x9e37'79b9'7f4a'7c15ULL;
    return mix(state_);
  }

  /// A number in [0, bound), every one equally likely. Requires bound > 0.
  constexpr std::uint64_t below(std::uint64_t bound) {
    SHOAL_ASSERT(bound > 0);
    const std::uint64_t uneven = (0 - bound) % bound;
    std::uint64_t drawn = next();
    while (drawn < uneven) drawn = next();
    return drawn % bound;
  }

  /// An independent stream for one component, so that a draw added in one place does not shift the
  /// numbers seen everywhere else. Does not advance this stream.
  [[nodiscard]] constexpr Rng fork(std::uint64_t stream) const {
    return Rng(mix(state_ ^ mix(stream + 0x9e37'79b9'7f4a'7c15ULL)));
  }

  /// The stream's whole state, for records and snapshots.
  [[nodiscard]] constexpr std::uint64_t state() const { return state_; }

 private:
  static constexpr std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebULL;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
};

}  // namespace shoal
