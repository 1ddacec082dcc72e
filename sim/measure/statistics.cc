// SPDX-License-Identifier: Apache-2.0
#include "sim/measure/statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "proto/types/assert.h"

namespace shoal::sim {
namespace {

// Quantiles 0.975 of Student's t with 1 .. 30 degrees of freedom.
constexpr std::array kStudent{12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306,
                              2.262,  2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
                              2.110,  2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064,
                              2.060,  2.056, 2.052, 2.048, 2.045, 2.042};
constexpr double kNormal = 1.959964;

double student(std::size_t freedom) {
  if (freedom <= kStudent.size()) return kStudent[freedom - 1];
  // Cornish and Fisher's expansion, first term: below 0.1 % off from 31 on.
  return kNormal + (std::pow(kNormal, 3) + kNormal) / (4 * static_cast<double>(freedom));
}

}  // namespace

Estimate estimate(std::span<const double> values) {
  SHOAL_ASSERT(!values.empty());
  const auto n = static_cast<double>(values.size());
  Estimate out;
  out.count = values.size();
  out.mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  if (values.size() < 2) return out;
  double squares = 0;
  for (const double value : values) squares += (value - out.mean) * (value - out.mean);
  out.half_width = student(values.size() - 1) * std::sqrt(squares / (n - 1) / n);
  return out;
}

double gini(std::vector<std::uint32_t> loads) {
  std::ranges::sort(loads);
  double sum = 0;
  double ranked = 0;
  for (std::size_t i = 0; i < loads.size(); ++i) {
    sum += loads[i];
    ranked += static_cast<double>(i + 1) * loads[i];
  }
  if (sum == 0) return 0;
  const auto n = static_cast<double>(loads.size());
  return std::max(0.0, 2 * ranked / (n * sum) - (n + 1) / n);
}

Spread spread(std::vector<double> values) {
  Spread out;
  out.count = values.size();
  if (values.empty()) return out;
  std::ranges::sort(values);
  const auto at = [&](double share) {
    const auto rank =
        static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size()) - 1e-9));
    return values[std::max<std::size_t>(rank, 1) - 1];
  };
  out.mean =
      std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  out.median = at(0.5);
  out.p95 = at(0.95);
  out.p99 = at(0.99);
  out.max = values.back();
  return out;
}

}  // namespace shoal::sim
