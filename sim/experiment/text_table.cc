// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/text_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace shoal::sim {
namespace {

constexpr std::size_t kLabel = 28;
constexpr std::size_t kValue = 16;
constexpr double kBar = 32;

}  // namespace

void TextTable::add(std::string_view label, std::string_view value, std::string_view note) {
  std::string line(label);
  line.resize(std::max(line.size() + 1, kLabel), ' ');
  line.append(value.size() < kValue ? kValue - value.size() : 0, ' ');
  line += value;
  if (!note.empty()) line.append("   ").append(note);
  say(line);
}

void TextTable::say(std::string_view line) { text_.append(line).append("\n"); }

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ' ');
  return digits;
}

std::string decimals(double value, int places) {
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.*f", places, value);
  return buffer.data();
}

std::string bar(double value, double most) {
  if (most <= 0) return {};
  return std::string(static_cast<std::size_t>(std::lround(kBar * value / most)), '#');
}

}  // namespace shoal::sim
