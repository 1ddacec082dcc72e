// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "proto/types/ids.h"
#include "proto/types/result.h"
#include "proto/types/time.h"
#include "sim/draw/fixed.h"

namespace shoal::sim {

/// How fast a peer's line is, in bytes per second; 0: as fast as may be.
struct Bandwidth {
  std::uint64_t up = 0;
  std::uint64_t down = 0;
  friend bool operator==(const Bandwidth&, const Bandwidth&) = default;
};

/// How long so many bytes take on a line of that speed, rounded up to whole microseconds.
constexpr Duration sending_time(std::uint32_t bytes, std::uint64_t bytes_per_second) {
  if (bytes_per_second == 0) return {};
  constexpr std::uint64_t kSecond = 1'000'000;
  return Duration((bytes * kSecond + bytes_per_second - 1) / bytes_per_second);
}

/// A peer's line into the network: one message after the other, over all of its links.
class Uplink {
 public:
  /// When the last byte of a message leaves that is handed over at `now`. Requires that `now` never
  /// goes back.
  Instant leave(Instant now, std::uint32_t bytes, Bandwidth line) {
    if (line.up == 0) return now;
    free_ = (now > free_ ? now : free_) + sending_time(bytes, line.up);
    return free_;
  }

 private:
  Instant free_{};
};

/// Which peers have which lines. A message leaves its sender by Uplink, takes the link's delay, and
/// then sending_time() on the receiver's line; that one has no queue, as most messages are small
/// and home lines are faster down than up.
class BandwidthLaw {
 public:
  struct Class {
    Fixed share;  ///< of the peers
    Bandwidth line;
  };

  /// All lines as fast as may be.
  BandwidthLaw() = default;
  /// Requires shares above 0; what is missing to 1 goes to the last class.
  explicit BandwidthLaw(std::vector<Class> classes) : classes_(std::move(classes)) {}
  /// Classes as "share up down", parted by commas, in bits per second with k, M or G:
  /// "0.7 10M 50M, 0.3 100M 100M". Empty: all as fast as may be.
  /// Errors: kInvalidArgument (anything else; shares that do not add up to 1).
  static Result<BandwidthLaw> parse(std::string_view text);

  /// The line of that peer: a function of the law, the seed and its number.
  [[nodiscard]] Bandwidth of(std::uint64_t seed, PeerRef peer) const;
  [[nodiscard]] bool unlimited() const { return classes_.empty(); }
  [[nodiscard]] const std::vector<Class>& classes() const { return classes_; }

 private:
  std::vector<Class> classes_;
};

}  // namespace shoal::sim
