// SPDX-License-Identifier: Apache-2.0
#include "sim/report/chart.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/experiment/text_table.h"
#include "sim/report/page.h"
#include "sim/report/scale.h"

namespace shoal::sim {
namespace {

constexpr double kWidth = 360;
constexpr double kHeight = 250;
constexpr double kTop = 34;
constexpr double kBottom = 48;
constexpr double kRight = 16;
constexpr double kLetter = 6.2;  // of an axis' text, at its widest on average
constexpr std::size_t kWordMax = 16;
constexpr std::size_t kMarkedValues = 8;

std::string n(double value) { return decimals(value, 1); }

std::string text(double x, double y, std::string_view css, std::string_view anchor,
                 std::string_view words) {
  return "<text x=\"" + n(x) + "\" y=\"" + n(y) + "\" class=\"" + std::string(css) +
         "\" text-anchor=\"" + std::string(anchor) + "\">" + escaped(words) + "</text>";
}

std::string stroke(double x1, double y1, double x2, double y2, std::string_view css) {
  return "<line x1=\"" + n(x1) + "\" y1=\"" + n(y1) + "\" x2=\"" + n(x2) + "\" y2=\"" + n(y2) +
         "\" class=\"" + std::string(css) + "\"/>";
}

std::string cut_short(const std::string& word) {
  return word.size() <= kWordMax ? word : word.substr(0, kWordMax - 1) + "…";
}

double step_of(const Scale& scale) {
  if (scale.logarithmic || scale.ticks.size() < 2) {
    return scale.ticks.empty() ? 1 : scale.ticks.front();
  }
  return scale.ticks[1] - scale.ticks[0];
}

// Where things are on paper.
class Plot {
 public:
  explicit Plot(const Chart& chart) : chart_(chart) {
    double x_low = std::numeric_limits<double>::infinity();
    double x_high = -x_low;
    double y_low = x_low;
    double y_high = -x_low;
    for (const ChartLine& line : chart.lines) {
      for (const ChartPoint& point : line.points) {
        const double half = point.half_width.value_or(0);
        x_low = std::min(x_low, point.x);
        x_high = std::max(x_high, point.x);
        y_high = std::max(y_high, point.y + half);
        // An interval that reaches 0 or below has no end on a logarithmic axis.
        // Nor does one tell of negative numbers where there are none.
        const double low = std::max(point.y - half, std::min(0.0, point.y));
        y_low = std::min(y_low, chart.y_log && low <= point.y / 10 ? point.y : low);
      }
    }
    if (!chart.x_values.empty()) {
      x_low = chart.x_values.front();
      x_high = chart.x_values.back();
    }
    set_y(y_low, y_high);
    for (const double tick : y_.ticks) {
      const std::string mark = tick_text(tick, chart.y_log ? tick : step_of(y_));
      left_ = std::max(left_, 12 + kLetter * static_cast<double>(mark.size()));
    }
    if (!chart.words.empty()) {
      x_.low = -0.5;
      x_.high = static_cast<double>(chart.words.size()) - 0.5;
    } else if (chart.x_log) {
      x_ = log_scale(x_low, x_high);
      if (x_high <= x_low) x_.low = x_low / 10;
    } else {
      x_ = linear_scale(x_low, x_high);
      // Where no value is near 0 the axis need not begin there.
      const double room = (x_high - x_low) * 0.06 + (x_high > x_low ? 0 : 1);
      if (x_low > 0.25 * (x_high - x_low)) x_ = around(x_low - room, x_high + room);
    }
  }

  [[nodiscard]] double x(double value) const {
    const double inset = chart_.words.empty() ? 6 : 0;
    return left_ + inset + x_.share(value) * (kWidth - left_ - kRight - 2 * inset);
  }
  [[nodiscard]] double y(double value) const {
    const double share = y_.logarithmic && value <= 0 ? 0 : std::max(0.0, y_.share(value));
    return kHeight - kBottom - share * (kHeight - kTop - kBottom);
  }

  [[nodiscard]] std::string axes() const {
    std::string out = text(left_ - 4, 16, "title", "start", chart_.title);
    if (!chart_.unit.empty()) {
      out = "<text x=\"" + n(10) + "\" y=\"16\" class=\"title\">" + escaped(chart_.title) +
            "<tspan class=\"unit\" dx=\"6\">" + escaped(chart_.unit) +
            (chart_.y_log ? ", log" : "") + "</tspan></text>";
    } else {
      out = text(10, 16, "title", "start", chart_.title);
    }
    for (const double tick : y_.ticks) {
      out += stroke(left_, y(tick), kWidth - kRight, y(tick), "grid");
      out += text(left_ - 6, y(tick) + 3.5, "tick", "end",
                  tick_text(tick, chart_.y_log ? tick : step_of(y_)));
    }
    const double base = kHeight - kBottom;
    out += stroke(left_, base, kWidth - kRight, base, "axis");
    if (chart_.words.empty()) {
      for (const double tick : x_ticks()) {
        out += stroke(x(tick), base, x(tick), base + 4, "axis");
        out += text(x(tick), base + 16, "tick", "middle", x_text(tick));
      }
    } else {
      word_marks(out, base);
    }
    out += text((left_ + kWidth - kRight) / 2, kHeight - 6, "label", "middle",
                chart_.x_label + (chart_.x_log ? " (log)" : ""));
    return out;
  }

  // Lines side by side over one word.
  [[nodiscard]] double shift(std::size_t line) const {
    if (chart_.words.empty() || chart_.lines.size() < 2) return 0;
    const double slot = (kWidth - left_ - kRight) / static_cast<double>(chart_.words.size()) * 0.7;
    const auto lines = static_cast<double>(chart_.lines.size());
    return (static_cast<double>(line) + 0.5 - lines / 2) * slot / lines;
  }

 private:
  static Scale around(double low, double high) {
    Scale scale = linear_scale(0, high - low);
    const double step = scale.ticks[1] - scale.ticks[0];
    scale.ticks.clear();
    for (double tick = std::ceil(low / step) * step; tick <= high; tick += step) {
      scale.ticks.push_back(tick);
    }
    scale.low = low;
    scale.high = high;
    return scale;
  }

  void set_y(double low, double high) {
    if (chart_.y_log) {
      y_ = log_scale(low, high);
      y_.low = low / 1.15;
      y_.high = high * 1.15;
      return;
    }
    y_ = linear_scale(low, chart_.y_high.value_or(high));
    if (!chart_.y_high) return;
    y_.low = std::min(0.0, y_.low);
    y_.high = std::max(*chart_.y_high, high);
    std::erase_if(y_.ticks,
                  [this](double tick) { return tick < y_.low - 1e-9 || tick > y_.high + 1e-9; });
  }

  [[nodiscard]] bool marks_values() const {
    return !chart_.x_values.empty() && chart_.x_values.size() <= kMarkedValues;
  }

  [[nodiscard]] std::string x_text(double tick) const {
    if (!marks_values()) return tick_text(tick, chart_.x_log ? tick : step_of(x_));
    return std::abs(tick) < 1e4 ? figure_text(tick) : tick_text(tick, std::abs(tick) / 100);
  }

  // Marks that do not run into each other.
  [[nodiscard]] std::vector<double> x_ticks() const {
    std::vector<double> out;
    double taken = -1e9;
    for (const double tick : marks_values() ? chart_.x_values : x_.ticks) {
      const double half = kLetter * static_cast<double>(x_text(tick).size()) / 2 + 3;
      if (x(tick) - half < taken) continue;
      out.push_back(tick);
      taken = x(tick) + half;
    }
    return out;
  }

  void word_marks(std::string& out, double base) const {
    const double slot = (kWidth - left_ - kRight) / static_cast<double>(chart_.words.size());
    std::size_t longest = 0;
    for (const auto& word : chart_.words) longest = std::max(longest, cut_short(word).size());
    const bool two_rows = kLetter * static_cast<double>(longest) + 4 > slot;
    for (std::size_t i = 0; i < chart_.words.size(); ++i) {
      const double drop = two_rows && i % 2 == 1 ? 11 : 0;
      out += text(x(static_cast<double>(i)), base + 14 + drop, "tick", "middle",
                  cut_short(chart_.words[i]));
    }
  }

  const Chart& chart_;
  Scale x_;
  Scale y_;
  double left_ = 34;
};

std::string body_of(const Chart& chart) {
  const Plot plot(chart);
  std::string out = plot.axes();
  for (std::size_t i = 0; i < chart.lines.size(); ++i) {
    const ChartLine& line = chart.lines[i];
    out += "<g class=\"look" + std::to_string(line.look % kChartLooks) + "\">";
    if (chart.words.empty() && line.points.size() > 1) {
      out += "<polyline class=\"line\" points=\"";
      for (const ChartPoint& point : line.points) {
        out += n(plot.x(point.x)) + "," + n(plot.y(point.y)) + " ";
      }
      out.back() = '"';
      out += "/>";
    }
    for (const ChartPoint& point : line.points) {
      const double x = plot.x(point.x) + plot.shift(i);
      out += "<g class=\"point\" tabindex=\"0\" role=\"img\" aria-label=\"" + escaped(point.tip) +
             "\"><title>" + escaped(point.tip) + "</title>";
      if (point.half_width && *point.half_width > 0) {
        const double high = plot.y(point.y + *point.half_width);
        const double low = plot.y(point.y - *point.half_width);
        out += stroke(x, high, x, low, "whisker") + stroke(x - 3, high, x + 3, high, "whisker") +
               stroke(x - 3, low, x + 3, low, "whisker");
      }
      out += "<circle class=\"reach\" cx=\"" + n(x) + "\" cy=\"" + n(plot.y(point.y)) +
             "\" r=\"10\"/>" + mark_svg(line.look, x, plot.y(point.y), 3.6) + "</g>";
    }
    out += "</g>";
  }
  return out;
}

std::string opening(const Chart& chart) {
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + decimals(kWidth, 0) + " " +
         decimals(kHeight, 0) + "\" role=\"group\" aria-label=\"" + escaped(chart.title) +
         " against " + escaped(chart.x_label) + "\">";
}

}  // namespace

bool worth_a_log(const std::vector<double>& values, double times) {
  if (values.size() < 3) return false;
  const auto [low, high] = std::ranges::minmax(values);
  return low > 0 && high >= times * low;
}

std::string mark_svg(std::size_t look, double x, double y, double size) {
  const auto path = [](std::initializer_list<std::pair<double, double>> corners) {
    std::string out = "<path class=\"mark\" d=\"";
    char letter = 'M';
    for (const auto& [px, py] : corners) {
      out += letter + n(px) + " " + n(py);
      letter = 'L';
    }
    return out + "Z\"/>";
  };
  // Eight colours are told apart by nobody, least of all in print; eight shapes are.
  const double arm = 0.45 * size;
  const double end = 1.3 * size;
  switch (look % kChartLooks) {
    case 1:
      return path(
          {{x - size, y - size}, {x + size, y - size}, {x + size, y + size}, {x - size, y + size}});
    case 2:
      return path({{x, y - 1.3 * size}, {x + 1.2 * size, y + size}, {x - 1.2 * size, y + size}});
    case 3:
      return path(
          {{x, y - 1.4 * size}, {x + 1.4 * size, y}, {x, y + 1.4 * size}, {x - 1.4 * size, y}});
    case 4:
      return path({{x, y + 1.3 * size}, {x - 1.2 * size, y - size}, {x + 1.2 * size, y - size}});
    case 5:
      return path({{x - arm, y - end},
                   {x + arm, y - end},
                   {x + arm, y - arm},
                   {x + end, y - arm},
                   {x + end, y + arm},
                   {x + arm, y + arm},
                   {x + arm, y + end},
                   {x - arm, y + end},
                   {x - arm, y + arm},
                   {x - end, y + arm},
                   {x - end, y - arm},
                   {x - arm, y - arm}});
    case 6:
      return path(
          {{x - size, y - end}, {x + size, y - end}, {x - size, y + end}, {x + size, y + end}});
    case 7:
      return path({{x - end, y - arm}, {x + end, y - arm}, {x + end, y + arm}, {x - end, y + arm}});
    default:
      return "<circle class=\"mark\" cx=\"" + n(x) + "\" cy=\"" + n(y) + "\" r=\"" + n(size) +
             "\"/>";
  }
}

std::string svg_of(const Chart& chart) { return opening(chart) + body_of(chart) + "</svg>"; }

std::string svg_document(const Chart& chart) {
  std::string out = opening(chart);
  out += "<style>";
  out += page_files::kChartCss;
  return out + "</style><rect class=\"paper\" width=\"100%\" height=\"100%\"/>" + body_of(chart) +
         "</svg>\n";
}

}  // namespace shoal::sim
