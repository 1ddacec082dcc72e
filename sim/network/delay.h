// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <variant>

#include "proto/types/ids.h"
#include "proto/types/rng.h"
#include "proto/types/time.h"
#include "sim/draw/fixed.h"
#include "sim/network/bandwidth.h"
#include "sim/network/matrix.h"

namespace shoal::sim {

/// How long one way over a link takes, as a law to draw from. Whole microseconds, the same on every
/// CPU and with every compiler.
struct ConstantDelay {
  Duration value;
};
/// Every whole microsecond from `from` to `to`, both included.
struct UniformDelay {
  Duration from;
  Duration to;
};
/// The median times e^(sigma z), z standard normal. Mean: median * e^(sigma^2 / 2).
struct LogNormalDelay {
  Duration median;
  Fixed sigma;
};
/// `floor` and an exponential of mean `mean_above` more.
struct ExponentialDelay {
  Duration floor;
  Duration mean_above;
};
/// The way between the places of two peers, which were put there at random, all places alike.
struct MatrixDelay {
  std::shared_ptr<const DelayMatrix> matrix;
};
/// Peers at random points of a cube of 1 to 3 dimensions, and `base` for the way into the network:
/// the delay grows with the distance, by `side` along an edge of the cube.
struct CoordinateDelay {
  std::uint32_t dimensions = 2;
  Duration side;
  Duration base;
};

/// A law of delays, between a floor and a bound.
class DelayLaw {
 public:
  using Kind = std::variant<ConstantDelay, UniformDelay, LogNormalDelay, ExponentialDelay,
                            MatrixDelay, CoordinateDelay>;

  /// Requires sane numbers: see make_delay_law, which judges them in words.
  /// `floor`: smaller draws are raised to it. The engine's window is as long as the floor, so one
  /// far below the typical delay makes runs slow. 0: the law's own smallest value, or a hundredth
  /// of the mean if that is more.
  /// `ceiling`: larger draws are cut to it. 0: the law's own largest value.
  explicit DelayLaw(Kind kind, Duration floor = {}, Duration ceiling = {});

  /// One delay. Where places matter: that of two random peers.
  [[nodiscard]] Duration draw(Rng& rng) const { return held(natural(rng)); }
  /// The same as the law has it, without floor and ceiling.
  [[nodiscard]] Duration natural(Rng& rng) const;
  /// Whether the delay depends on where the two peers are.
  [[nodiscard]] bool by_place() const;
  /// The delay from one peer to another where places matter, without floor and ceiling; every
  /// peer's place is a function of its number and the seed. Requires by_place().
  [[nodiscard]] Duration between(std::uint64_t seed, PeerRef from, PeerRef to) const;
  /// `delay` within floor and ceiling.
  [[nodiscard]] Duration held(Duration delay) const;

  /// No draw is smaller.
  [[nodiscard]] Duration floor() const { return floor_; }
  /// No draw is larger.
  [[nodiscard]] Duration bound() const { return bound_; }
  /// The law's mean, without floor and ceiling.
  [[nodiscard]] Duration mean() const;
  [[nodiscard]] const Kind& kind() const { return kind_; }

 private:
  Kind kind_;
  Duration floor_{};
  Duration bound_{};
};

/// What one link's messages take, each way, without jitter.
struct LinkTimes {
  Duration there{};  ///< from the first peer to the second
  Duration back{};
  std::uint32_t raised = 0;  ///< ways, of the two, that were below the law's floor
};

enum class Symmetry : std::uint8_t {
  kSymmetric,  ///< both ways of a link take equally long
  kEachWay,    ///< each way is drawn for itself
};

/// The delays of all links of a network.
struct LinkLaw {
  DelayLaw delay{ConstantDelay{std::chrono::milliseconds(50)}};
  /// Up to so much more for each message, all whole microseconds alike.
  Duration jitter{};
  Symmetry symmetry = Symmetry::kSymmetric;
  /// So many of the peers are slow: all that they send and are sent takes so much more.
  Fixed slow_share{};
  Duration slow_extra{};
  /// What messages take by their sizes, beside all this. No bound counts it: an answer that a slow
  /// line holds up for too long is late.
  BandwidthLaw lines{};

  /// The times of the link between two peers: a function of the law, the seed and the two numbers,
  /// so that no order of building matters, and swapped peers give swapped times.
  [[nodiscard]] LinkTimes link(std::uint64_t seed, PeerRef first, PeerRef second) const;
  /// Whether that peer is a slow one: a function of the law, the seed and its number.
  [[nodiscard]] bool slow(std::uint64_t seed, PeerRef peer) const;
  /// What one message takes beyond its link's delay; `way` is the stream of that direction.
  [[nodiscard]] Duration extra(Rng& way) const {
    if (jitter <= Duration{}) return {};
    return Duration(way.below(static_cast<std::uint64_t>(jitter.count()) + 1));
  }
  [[nodiscard]] Duration floor() const { return delay.floor(); }
  [[nodiscard]] Duration bound() const {
    return delay.bound() + jitter + (slow_share > Fixed() ? 2 * slow_extra : Duration{});
  }
};

}  // namespace shoal::sim
