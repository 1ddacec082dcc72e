// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <charconv>
#include <cstdint>

#include "cli/config/config.h"

namespace shoal::config {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t ms;
};
constexpr std::array kUnits{Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000},
                            Unit{"s", 1000}, Unit{"ms", 1}};
constexpr std::int64_t kMsMax = std::int64_t{366} * 86'400'000;

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  const std::string_view unit(at, static_cast<std::size_t>(end - at));
  if (error == std::errc{} && number == 0 && unit.empty()) return std::chrono::milliseconds(0);
  for (const auto& known : kUnits) {
    if (error != std::errc{} || unit != known.name || number < 0) continue;
    if (number > kMsMax / known.ms) break;
    return std::chrono::milliseconds(number * known.ms);
  }
  return fail(Errc::kInvalidArgument, "not a duration: " + std::string(text.substr(0, 40)),
              "a whole number and a unit of ms, s, m, h or d are expected, at most a year",
              "write 500ms, 2s or 5m");
}

std::string to_text(std::chrono::milliseconds duration) {
  const std::int64_t ms = duration.count();
  if (ms == 0) return "0";
  for (const auto& unit : kUnits) {
    if (ms % unit.ms == 0) return std::to_string(ms / unit.ms) + std::string(unit.name);
  }
  return std::to_string(ms) + "ms";
}

}  // namespace shoal::config
