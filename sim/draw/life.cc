// SPDX-License-Identifier: Apache-2.0
#include "sim/draw/life.h"

#include <algorithm>

#include "proto/types/assert.h"
#include "sim/draw/draws.h"
#include "sim/draw/overloaded.h"

namespace shoal::sim {
namespace {

constexpr Fixed kOne = Fixed::whole(1);

Duration scaled(Duration unit, Fixed factor) {
  return std::min(Duration(times(unit.count(), factor)), LifeLaw::kLongest);
}

// (1 + t) to the power of -shape is a random point: t.
Fixed pareto(Rng& rng, Fixed shape) { return exp(draw_exponential(rng) / shape) - kOne; }

}  // namespace

Duration LifeLaw::draw(Rng& rng) const {
  return std::visit(
      Overloaded{
          [](const ConstantLife& law) { return law.value; },
          [&](const ExponentialLife& law) { return scaled(law.mean, draw_exponential(rng)); },
          [&](const WeibullLife& law) {
            return scaled(law.scale, power(draw_exponential(rng), kOne / law.shape));
          },
          [&](const ParetoLife& law) { return scaled(law.scale, pareto(rng, law.shape)); }},
      kind_);
}

Duration LifeLaw::residual(Rng& rng) const {
  return std::visit(
      Overloaded{
          [&](const ConstantLife& law) { return scaled(law.value, draw_unit(rng)); },
          [&](const ExponentialLife& law) { return scaled(law.mean, draw_exponential(rng)); },
          [&](const WeibullLife& law) {
            // The integral of exp(-x^k) up to t is an incomplete gamma function of t^k, with
            // the parameter 1/k: so t^k has a gamma law.
            const Fixed inverse = kOne / law.shape;
            return scaled(law.scale, power(draw_gamma(rng, inverse), inverse));
          },
          [&](const ParetoLife& law) { return scaled(law.scale, pareto(rng, law.shape - kOne)); }},
      kind_);
}

Duration LifeLaw::mean() const {
  return std::visit(Overloaded{[](const ConstantLife& law) { return law.value; },
                               [](const ExponentialLife& law) { return law.mean; },
                               [](const WeibullLife& law) {
                                 return scaled(law.scale, gamma_function(kOne + kOne / law.shape));
                               },
                               [](const ParetoLife& law) {
                                 return scaled(law.scale, kOne / (law.shape - kOne));
                               }},
                    kind_);
}

Fixed gamma_function(Fixed x) {
  SHOAL_ASSERT(x >= kOne);
  // Stirling's series, from 8 on; gamma(x + 1) = x gamma(x) leads there.
  Fixed product = kOne;
  while (x < Fixed::whole(8)) {
    product = product * x;
    x = x + kOne;
  }
  constexpr Fixed kHalfLn2Pi = Fixed::from(0.918938533204672742);
  const Fixed square = x * x;
  const Fixed correction = (Fixed::from(1.0 / 12) -
                            (Fixed::from(1.0 / 360) - Fixed::from(1.0 / 1260) / square) / square) /
                           x;
  const Fixed log = (x - Fixed::from(0.5)) * ln(x) - x + kHalfLn2Pi + correction;
  return exp(log - ln(product));
}

}  // namespace shoal::sim
