// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace shoal::sim {

/// Lines beyond this share colours and marks with earlier ones.
inline constexpr std::size_t kChartLooks = 8;

struct ChartPoint {
  double x = 0;  ///< of an axis of words: the word's number
  double y = 0;
  std::optional<double> half_width;  ///< of the confidence interval around y
  std::string tip;                   ///< what is said of it when it is pointed at
};

struct ChartLine {
  std::string name;
  std::size_t look = 0;  ///< which colour and mark
  std::vector<ChartPoint> points;
};

/// One plot. All texts are any text.
struct Chart {
  std::string title;
  std::string unit;  ///< of y
  std::string x_label;
  /// All values of x that the axis is to hold, ascending; few of them become its marks. Empty:
  /// those of the points.
  std::vector<double> x_values;
  std::vector<std::string> words;  ///< not empty: x is one of these, and lines are not drawn
  std::optional<double> y_high;    ///< the end of the y axis; built in: what the points need
  bool x_log = false;              ///< requires x > 0 everywhere
  bool y_log = false;              ///< requires y > 0 everywhere
  std::vector<ChartLine> lines;    ///< with at least one point in all
};

/// Whether a logarithmic axis serves these values better: all above 0, and the largest at least
/// `times` the smallest.
bool worth_a_log(const std::vector<double>& values, double times);

/// As SVG that takes its colours from the style sheet around it (classes look0 ..), for use inside
/// a page. Points can be focussed and hold their tips as titles.
std::string svg_of(const Chart& chart);

/// The style of the classes that svg_of() uses, with fixed colours for light and dark: for a file
/// of its own, with `svg_document`.
std::string svg_document(const Chart& chart);

/// The mark of a look, as SVG elements around (x, y).
std::string mark_svg(std::size_t look, double x, double y, double size);

}  // namespace shoal::sim
