// SPDX-License-Identifier: Apache-2.0
#include "sim/draw/draws.h"

#include <algorithm>
#include <array>
#include <span>

#include "proto/types/assert.h"
#include "sim/draw/wide.h"

namespace shoal::sim {
namespace {

constexpr std::uint64_t kLn2Q64 = 0xb172'17f7'd1cf'79abULL;
constexpr Fixed kOne = Fixed::whole(1);

// Coefficients from the constant one on.
constexpr std::array kCentreAbove = {Fixed::from(3.3871327179), Fixed::from(50.434271938),
                                     Fixed::from(159.29113202), Fixed::from(59.109374720)};
constexpr std::array kCentreBelow = {kOne, Fixed::from(17.895169469), Fixed::from(78.757757664),
                                     Fixed::from(67.187563600)};
constexpr std::array kSideAbove = {Fixed::from(1.4234372777), Fixed::from(2.7568153900),
                                   Fixed::from(1.3067284816), Fixed::from(0.17023821103)};
constexpr std::array kSideBelow = {kOne, Fixed::from(0.73700164250), Fixed::from(0.12021132975)};
constexpr std::array kFarAbove = {Fixed::from(6.6579051150), Fixed::from(3.0812263860),
                                  Fixed::from(0.42868294337), Fixed::from(0.017337203997)};
constexpr std::array kFarBelow = {kOne, Fixed::from(0.24197894225), Fixed::from(0.012258202635)};

Fixed polynomial(std::span<const Fixed> coefficients, Fixed x) {
  Fixed sum;
  for (std::size_t i = coefficients.size(); i-- > 0;) sum = sum * x + coefficients[i];
  return sum;
}

}  // namespace

Fixed exponential_quantile(std::uint64_t point) {
  // The lowest bit is set, so that nobody asks for the logarithm of 0: the middle of a pair.
  const std::uint64_t bits = (std::uint64_t{1} << 63) - log2_q57(point | 1);
  const std::uint64_t natural = high_product(bits, kLn2Q64);  // Q57
  return Fixed::from_raw(static_cast<std::int64_t>((natural + (std::uint64_t{1} << 24)) >> 25));
}

Fixed normal_quantile(std::uint64_t point) {
  const auto off = static_cast<std::int64_t>(point ^ std::uint64_t{1} << 63);  // from the middle
  const Fixed q = Fixed::from_raw(off >> 32);
  constexpr Fixed kCentre = Fixed::from(0.425);
  if (q <= kCentre && Fixed() - q <= kCentre) {
    const Fixed r = Fixed::from(0.180625) - q * q;
    return q * polynomial(kCentreAbove, r) / polynomial(kCentreBelow, r);
  }
  Fixed r = square_root(exponential_quantile(std::min(point, ~point)));
  Fixed z;
  if (r <= Fixed::whole(5)) {
    r = r - Fixed::from(1.6);
    z = polynomial(kSideAbove, r) / polynomial(kSideBelow, r);
  } else {
    r = r - Fixed::whole(5);
    z = polynomial(kFarAbove, r) / polynomial(kFarBelow, r);
  }
  return off < 0 ? Fixed() - z : z;
}

Fixed draw_gamma(Rng& rng, Fixed shape) {
  SHOAL_ASSERT(shape > Fixed());
  if (shape < kOne) {
    // Of a shape greater by 1, times a power of a point: as in the paper's section 6.
    const Fixed larger = draw_gamma(rng, shape + kOne);
    return larger * exp(Fixed() - draw_exponential(rng) / shape);
  }
  const Fixed d = shape - kOne / Fixed::whole(3);
  const Fixed c = kOne / square_root(Fixed::whole(9) * d);
  while (true) {
    const Fixed z = draw_normal(rng);
    const Fixed stem = kOne + c * z;
    if (stem <= Fixed()) continue;
    const Fixed v = stem * stem * stem;
    if (v <= Fixed()) continue;
    // ln u < z^2 / 2 + d (1 - v + ln v), with -ln u drawn as such.
    const Fixed gain = z * z / Fixed::whole(2) + d * (kOne - v + ln(v));
    if (draw_exponential(rng) > Fixed() - gain) return d * v;
  }
}

}  // namespace shoal::sim
