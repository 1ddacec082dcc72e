// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <variant>

#include "proto/types/rng.h"
#include "proto/types/time.h"
#include "sim/draw/fixed.h"

namespace shoal::sim {

/// How long something lasts: a session, an absence, the time to the next search.
struct ConstantLife {
  Duration value;
};
struct ExponentialLife {
  Duration mean;
};
/// P(life > t) = exp(-(t / scale)^shape). Sessions of file sharers: shapes of .34 to .59;
/// Stutzbach, Rejaie: "Understanding churn in peer-to-peer networks", IMC 2006. Shape at least 0.2.
struct WeibullLife {
  Fixed shape;
  Duration scale;
};
/// The shifted Pareto law: P(life > t) = (1 + t / scale)^-shape, shape above 1. Yao, Leonard, Wang,
/// Loguinov: "Modeling heterogeneous user churn and local resilience of unstructured P2P networks",
/// ICNP 2006.
struct ParetoLife {
  Fixed shape;
  Duration scale;
};

/// A law of lives. No life is longer than kLongest.
class LifeLaw {
 public:
  using Kind = std::variant<ConstantLife, ExponentialLife, WeibullLife, ParetoLife>;
  static constexpr Duration kLongest = std::chrono::hours(24 * 365 * 100);

  explicit LifeLaw(Kind kind) : kind_(kind) {}

  /// A whole life, from its beginning.
  [[nodiscard]] Duration draw(Rng& rng) const;
  /// What is left of a life that is met at a random moment of a process that has been going on for
  /// ever: the equilibrium residual life, of density P(life > t) / mean. Long lives are met more
  /// often than short ones, so with heavy tails this is far more than a part of a fresh draw. How
  /// old such a life is has the same law.
  [[nodiscard]] Duration residual(Rng& rng) const;
  [[nodiscard]] Duration mean() const;
  [[nodiscard]] const Kind& kind() const { return kind_; }

 private:
  Kind kind_;
};

/// The gamma function, correct to some 1e-8 of itself, for x of at least 1 (and at most 13, above
/// which it leaves the range).
Fixed gamma_function(Fixed x);

}  // namespace shoal::sim
