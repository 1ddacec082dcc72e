// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shoal::sim {

/// One axis: from values to shares of its length, with round marks.
struct Scale {
  double low = 0;
  double high = 1;  ///< above low
  bool logarithmic = false;
  std::vector<double> ticks;  ///< ascending, within the axis

  /// 0 at `low`, 1 at `high`.
  [[nodiscard]] double share(double value) const;
};

/// An axis from 0 (or below, if values are) to a round number not below `high`, with some five
/// marks at multiples of 1, 2 or 5 times a power of ten.
Scale linear_scale(double low, double high);
/// An axis from `low` to `high` with marks at powers of ten; at 1, 2 and 5 times these when there
/// would be fewer than three. Requires 0 < low <= high.
Scale log_scale(double low, double high);

/// `value` in as few digits as it takes at steps of `step`: "0.25", "40", "2.5k", "1M".
std::string tick_text(double value, double step);
/// So many significant digits, without a row of zeros: "0.9974", "12 300", "3".
std::string figure_text(double value, int digits = 4);
/// A mean and half the width of its interval, both to the place that the interval makes sense of:
/// "76.4 ± 7.0". Without an interval, or with one of no width, as figure_text().
std::string estimate_text(double mean, std::optional<double> half_width);

}  // namespace shoal::sim
