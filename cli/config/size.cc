// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <charconv>

#include "cli/config/config.h"
#include "proto/types/limits_transfer.h"

namespace shoal::config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t bytes;
};
// Longest first where one divides the other, so that showing takes the shortest number.
constexpr std::array kUnits{Unit{"TiB", std::uint64_t{1} << 40U},
                            Unit{"TB", 1'000'000'000'000},
                            Unit{"GiB", std::uint64_t{1} << 30U},
                            Unit{"GB", 1'000'000'000},
                            Unit{"MiB", std::uint64_t{1} << 20U},
                            Unit{"MB", 1'000'000},
                            Unit{"KiB", std::uint64_t{1} << 10U},
                            Unit{"KB", 1'000},
                            Unit{"B", 1}};

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  const std::string_view unit(at, static_cast<std::size_t>(end - at));
  if (error == std::errc{} && number == 0 && unit.empty()) return 0;
  for (const auto& known : kUnits) {
    if (error != std::errc{} || unit != known.name) continue;
    if (number > kSizeMax / known.bytes) break;
    return number * known.bytes;
  }
  return fail(
      Errc::kInvalidArgument, "not a number of bytes: " + std::string(text.substr(0, 40)),
      "a whole number and a unit of B, KB, MB, GB, TB, KiB, MiB, GiB or TiB are expected, at "
      "most 1000TB",
      "write 500KB, 2MB or 64MiB");
}

std::string size_text(std::uint64_t bytes) {
  if (bytes == 0) return "0";
  for (const auto& unit : kUnits) {
    if (bytes % unit.bytes == 0) return std::to_string(bytes / unit.bytes) + std::string(unit.name);
  }
  return std::to_string(bytes) + "B";
}

std::string rate_text(std::uint64_t rate) { return size_text(rate) + (rate == 0 ? "" : "/s"); }

bool is_rate(std::uint64_t rate) {
  return rate == 0 || (rate >= limits::kRateMin && rate <= limits::kRateMax);
}

Result<std::uint64_t> parse_rate(std::string_view text) {
  std::string_view bytes = text;
  if (bytes.ends_with("/s")) bytes.remove_suffix(2);
  auto rate = parse_size(bytes);
  if (rate && is_rate(*rate)) return rate;
  return fail(Errc::kInvalidArgument,
              "\"" + std::string(text.substr(0, 40)) + "\" is no rate from " +
                  rate_text(limits::kRateMin) + " to " + rate_text(limits::kRateMax),
              rate ? "it is out of range"
                   : "a whole number and a unit of B, KB, MB, GB, KiB, MiB or GiB are expected",
              "write 500KB/s or 2MB/s; 0 is no limit");
}

}  // namespace shoal::config
