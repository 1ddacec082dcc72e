// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "proto/types/rng.h"
#include "sim/draw/fixed.h"

namespace shoal::sim {

/// A whole turn of the generator, 2^64 equally likely numbers, taken as a point of the unit
/// interval and mapped to a law by the inverse of its distribution function.

/// -ln of the point: exponential of mean 1, from 0 to 44.4.
Fixed exponential_quantile(std::uint64_t point);
/// Standard normal, within +-9.2; correct to some 1e-7 of itself. Wichura: "Algorithm AS 241: the
/// percentage points of the normal distribution", Applied Statistics 37 (1988), PPND7.
Fixed normal_quantile(std::uint64_t point);

inline Fixed draw_exponential(Rng& rng) { return exponential_quantile(rng.next()); }
inline Fixed draw_normal(Rng& rng) { return normal_quantile(rng.next()); }
/// Gamma of that shape and scale 1. Marsaglia, Tsang: "A simple method for generating gamma
/// variables", ACM TOMS 26 (2000). Requires shape > 0. Cost: some two normal draws.
Fixed draw_gamma(Rng& rng, Fixed shape);
/// A point of [0, 1).
inline Fixed draw_unit(Rng& rng) {
  return Fixed::from_raw(static_cast<std::int64_t>(rng.next() >> 32));
}
/// True with that probability, in steps of 2^-32; below 0 counts as never, from 1 on as always.
inline bool draw_chance(Rng& rng, Fixed probability) { return draw_unit(rng) < probability; }

}  // namespace shoal::sim
