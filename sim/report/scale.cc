// SPDX-License-Identifier: Apache-2.0
#include "sim/report/scale.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "sim/experiment/text_table.h"

namespace shoal::sim {
namespace {

constexpr int kTicksWanted = 5;

// With at most so many decimals, and no zeros at the end.
std::string trimmed(double value, int places) {
  std::string text = decimals(value, places);
  if (text.find('.') == std::string::npos) return text;
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text == "-0" ? "0" : text;
}

}  // namespace

double Scale::share(double value) const {
  if (logarithmic) return std::log(value / low) / std::log(high / low);
  return (value - low) / (high - low);
}

Scale linear_scale(double low, double high) {
  low = std::min(low, 0.0);
  if (high <= low) high = low + 1;
  const double rough = (high - low) / kTicksWanted;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double times : {1.0, 2.0, 5.0}) {
    if (times * power >= rough * 0.999) {
      step = times * power;
      break;
    }
  }
  Scale scale;
  const double first = std::floor(low / step + 1e-9);
  const double last = std::ceil(high / step - 1e-9);
  scale.low = first * step;
  scale.high = last * step;
  for (double i = first; i <= last; ++i) scale.ticks.push_back(i * step);
  return scale;
}

Scale log_scale(double low, double high) {
  Scale scale;
  scale.logarithmic = true;
  scale.low = low;
  scale.high = high > low ? high : low * 10;
  for (const bool fine : {false, true}) {
    scale.ticks.clear();
    for (double power = std::floor(std::log10(low)); power <= std::ceil(std::log10(scale.high));
         ++power) {
      for (const double times : {1.0, 2.0, 5.0}) {
        const double tick = times * std::pow(10, power);
        const bool inside = tick >= low * 0.999 && tick <= scale.high * 1.001;
        if (inside && (fine || times == 1.0)) scale.ticks.push_back(tick);
      }
    }
    if (scale.ticks.size() >= 3) break;
  }
  return scale;
}

std::string tick_text(double value, double step) {
  constexpr std::array<std::pair<double, std::string_view>, 3> kUnits{
      {{1e9, "G"}, {1e6, "M"}, {1e4, "k"}}};
  const auto places = [](double of) {
    return of <= 0 ? 0 : std::clamp(static_cast<int>(std::ceil(-std::log10(of) - 1e-9)), 0, 6);
  };
  for (const auto& [from, letter] : kUnits) {
    const double unit = letter == "k" ? 1e3 : from;
    if (std::abs(value) < from) continue;
    return trimmed(value / unit, std::max(places(step / unit), 0)) + std::string(letter);
  }
  return trimmed(value, places(step));
}

std::string figure_text(double value, int digits) {
  if (value == 0) return "0";
  const double size = std::floor(std::log10(std::abs(value)));
  if (size >= 9 || size < -6) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value,
                                   std::chars_format::scientific, digits - 1);
    return {text.data(), end.ptr};
  }
  if (size >= 4) {
    const auto whole = static_cast<std::uint64_t>(std::llround(std::abs(value)));
    return (value < 0 ? "-" : "") + grouped(whole);
  }
  return trimmed(value, static_cast<int>(std::clamp(digits - 1 - size, 0.0, 9.0)));
}

std::string estimate_text(double mean, std::optional<double> half_width) {
  if (!half_width) return figure_text(mean);
  if (*half_width < 1e-6 || std::abs(mean) >= 1e9) {
    return figure_text(mean) + " ± " + figure_text(*half_width, 2);
  }
  const int places = std::clamp(1 - static_cast<int>(std::floor(std::log10(*half_width))), 0, 7);
  if (places == 0)
    return figure_text(std::round(mean), 9) + " ± " + figure_text(std::round(*half_width), 9);
  return decimals(mean, places) + " ± " + decimals(*half_width, places);
}

}  // namespace shoal::sim
