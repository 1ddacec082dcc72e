// SPDX-License-Identifier: Apache-2.0
#include "sim/network/delay.h"

#include <algorithm>
#include <array>

#include "proto/types/assert.h"
#include "sim/draw/draws.h"
#include "sim/draw/overloaded.h"

namespace shoal::sim {
namespace {

// Streams of a run's seed.
constexpr std::uint64_t kPlaceStream = 0x706c'6163'65ULL;
constexpr std::uint64_t kLinkStream = 0x6c69'6e6bULL;
constexpr std::uint64_t kSlowStream = 0x736c'6f77ULL;

constexpr std::uint32_t kDimensionsMax = 3;
// Points lie on a grid of 2^20 steps per side, so that squares and their sum stay exact.
constexpr std::uint32_t kGridBits = 20;

using Point = std::array<std::int64_t, kDimensionsMax>;

Point draw_point(Rng& rng, std::uint32_t dimensions) {
  Point point{};
  for (std::uint32_t i = 0; i < dimensions; ++i) {
    point[i] = static_cast<std::int64_t>(rng.next() >> (64 - kGridBits));
  }
  return point;
}

Duration apart(const CoordinateDelay& law, const Point& a, const Point& b) {
  std::uint64_t square = 0;
  for (std::uint32_t i = 0; i < law.dimensions; ++i) {
    square += static_cast<std::uint64_t>((a[i] - b[i]) * (a[i] - b[i]));
  }
  const std::uint64_t steps = whole_square_root(square << 20);  // 10 more bits
  const Fixed share = Fixed::from_raw(static_cast<std::int64_t>(steps << (32 - kGridBits - 10)));
  return law.base + Duration(times(law.side.count(), share));
}

Duration draw_pair(const DelayMatrix& matrix, Rng& rng) {
  const auto from = static_cast<std::uint32_t>(rng.below(matrix.places()));
  const auto to = static_cast<std::uint32_t>(rng.below(matrix.places() - 1));
  return matrix.at(from, to + (to >= from ? 1 : 0));
}

Duration exponential(const ExponentialDelay& law, std::uint64_t point) {
  return law.floor + Duration(times(law.mean_above.count(), exponential_quantile(point)));
}

Duration log_normal(const LogNormalDelay& law, std::uint64_t point) {
  return Duration(times(law.median.count(), exp(law.sigma * normal_quantile(point))));
}

Duration natural_floor(const DelayLaw::Kind& kind) {
  return std::visit(Overloaded{[](const ConstantDelay& law) { return law.value; },
                               [](const UniformDelay& law) { return law.from; },
                               [](const LogNormalDelay&) { return Duration{}; },
                               [](const ExponentialDelay& law) { return law.floor; },
                               [](const MatrixDelay& law) { return law.matrix->smallest(); },
                               [](const CoordinateDelay& law) { return law.base; }},
                    kind);
}

Duration natural_bound(const DelayLaw::Kind& kind) {
  return std::visit(
      Overloaded{[](const ConstantDelay& law) { return law.value; },
                 [](const UniformDelay& law) { return law.to; },
                 [](const LogNormalDelay& law) { return log_normal(law, UINT64_MAX); },
                 [](const ExponentialDelay& law) { return exponential(law, 0); },
                 [](const MatrixDelay& law) { return law.matrix->largest(); },
                 [](const CoordinateDelay& law) {
                   Point far{};
                   far.fill(std::int64_t{1} << kGridBits);
                   return apart(law, Point{}, far);
                 }},
      kind);
}

}  // namespace

DelayLaw::DelayLaw(Kind kind, Duration floor, Duration ceiling) : kind_(std::move(kind)) {
  floor_ = floor > Duration{} ? floor : std::max(natural_floor(kind_), mean() / 100);
  bound_ = natural_bound(kind_);
  if (ceiling > Duration{}) bound_ = std::min(bound_, ceiling);
  bound_ = std::max(bound_, floor_);
}

Duration DelayLaw::held(Duration delay) const { return std::clamp(delay, floor_, bound_); }

Duration DelayLaw::natural(Rng& rng) const {
  return std::visit(
      Overloaded{[](const ConstantDelay& law) { return law.value; },
                 [&](const UniformDelay& law) {
                   const auto width = static_cast<std::uint64_t>((law.to - law.from).count());
                   return law.from + Duration(rng.below(width + 1));
                 },
                 [&](const LogNormalDelay& law) { return log_normal(law, rng.next()); },
                 [&](const ExponentialDelay& law) { return exponential(law, rng.next()); },
                 [&](const MatrixDelay& law) { return draw_pair(*law.matrix, rng); },
                 [&](const CoordinateDelay& law) {
                   const Point a = draw_point(rng, law.dimensions);
                   return apart(law, a, draw_point(rng, law.dimensions));
                 }},
      kind_);
}

bool DelayLaw::by_place() const {
  return std::holds_alternative<MatrixDelay>(kind_) ||
         std::holds_alternative<CoordinateDelay>(kind_);
}

Duration DelayLaw::between(std::uint64_t seed, PeerRef from, PeerRef to) const {
  SHOAL_ASSERT(by_place());
  const Rng places = Rng(seed).fork(kPlaceStream);
  Rng here = places.fork(from.value);
  Rng there = places.fork(to.value);
  if (const auto* const law = std::get_if<CoordinateDelay>(&kind_)) {
    const Point a = draw_point(here, law->dimensions);
    return apart(*law, a, draw_point(there, law->dimensions));
  }
  const DelayMatrix& matrix = *std::get<MatrixDelay>(kind_).matrix;
  const auto a = static_cast<std::uint32_t>(here.below(matrix.places()));
  const auto b = static_cast<std::uint32_t>(there.below(matrix.places()));
  return matrix.at(a, b);
}

Duration DelayLaw::mean() const {
  return std::visit(
      Overloaded{[](const ConstantDelay& law) { return law.value; },
                 [](const UniformDelay& law) { return (law.from + law.to) / 2; },
                 [](const LogNormalDelay& law) {
                   const Fixed half = law.sigma * law.sigma / Fixed::whole(2);
                   return Duration(times(law.median.count(), exp(half)));
                 },
                 [](const ExponentialDelay& law) { return law.floor + law.mean_above; },
                 [](const MatrixDelay& law) { return law.matrix->mean(); },
                 [](const CoordinateDelay& law) {
                   // Mean distances in the unit interval, square and cube (Robbins' constant).
                   constexpr std::array kMean = {Fixed::from(1.0 / 3), Fixed::from(0.5214054331),
                                                 Fixed::from(0.6617071822)};
                   return law.base + Duration(times(law.side.count(), kMean[law.dimensions - 1]));
                 }},
      kind_);
}

bool LinkLaw::slow(std::uint64_t seed, PeerRef peer) const {
  if (slow_share <= Fixed()) return false;
  Rng stream = Rng(seed).fork(kSlowStream).fork(peer.value);
  return draw_chance(stream, slow_share);
}

LinkTimes LinkLaw::link(std::uint64_t seed, PeerRef first, PeerRef second) const {
  LinkTimes times;
  const auto one_way = [&](PeerRef from, PeerRef to, std::uint32_t ways) {
    const std::uint64_t name = std::uint64_t{from.value} << 32 | to.value;
    Rng stream = Rng(seed).fork(kLinkStream).fork(name);
    const Duration drawn = delay.by_place() ? delay.between(seed, from, to) : delay.natural(stream);
    const Duration held = delay.held(drawn);
    if (drawn < held) times.raised += ways;
    return held;
  };
  if (symmetry == Symmetry::kEachWay) {
    times.there = one_way(first, second, 1);
    times.back = one_way(second, first, 1);
  } else {
    times.there = times.back = one_way(std::min(first, second), std::max(first, second), 2);
  }
  for (const PeerRef end : {first, second}) {
    if (!slow(seed, end)) continue;
    times.there += slow_extra;
    times.back += slow_extra;
  }
  return times;
}

}  // namespace shoal::sim
