// SPDX-License-Identifier: Apache-2.0
// Small statistics over what runs measured. Doubles: nothing that is drawn depends on them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace shoal::sim {

/// A mean, and half the width of its 95 % confidence interval (Student's t); none from fewer than
/// two values.
struct Estimate {
  double mean = 0;
  std::optional<double> half_width;
  std::size_t count = 0;
};
/// Requires that there is a value.
Estimate estimate(std::span<const double> values);

/// How unevenly load is spread: 0 when all bear the same, near 1 when one bears all. 0 when nobody
/// bears any. Gini: sum over all pairs of |x - y| / (2 n^2 mean).
double gini(std::vector<std::uint32_t> loads);

/// What a sample of times looks like. All 0 when there are none.
struct Spread {
  std::size_t count = 0;
  double mean = 0;
  double median = 0;
  double p95 = 0;
  double p99 = 0;
  double max = 0;
};
/// Quantiles are values of the sample (nearest rank).
Spread spread(std::vector<double> values);

}  // namespace shoal::sim
