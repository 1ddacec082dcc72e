// SPDX-License-Identifier: Apache-2.0
#include "cli/client/context/text.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "proto/types/utf8.h"

namespace shoal::client {
namespace {

// Calls `each(code point, its bytes)` along well-formed UTF-8.
template <class Each>
void walk(std::string_view text, const Each& each) {
  while (!text.empty()) {
    utf8proc_int32_t point = 0;
    const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
    const auto taken = utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size()), &point);
    const std::size_t length = taken <= 0 ? 1 : static_cast<std::size_t>(taken);
    each(taken <= 0 ? 0xfffd : point, text.substr(0, length));
    text.remove_prefix(length);
  }
}

std::size_t columns_of(std::int32_t point) {
  return static_cast<std::size_t>(std::max(0, utf8proc_charwidth(point)));
}

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// A number and one of `units`; the first unit is also that of a bare number.
template <std::size_t N>
Result<std::uint64_t> with_unit(std::string_view text, const std::array<Unit, N>& units,
                                std::string_view kind, std::string_view example) {
  const auto bad = [&](std::string why) {
    return fail(Errc::kInvalidArgument, fmt::format("\"{}\" is no {}", clean(text), kind),
                std::move(why), fmt::format("for example {}", example));
  };
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return bad("it does not start with a whole number");
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const auto& known : units) {
    if (unit != known.name && !(unit.empty() && &known == &units.front())) continue;
    if (number > std::numeric_limits<std::int64_t>::max() / known.factor) return bad("too large");
    return number * known.factor;
  }
  return bad(fmt::format("its unit \"{}\" is not known", clean(unit)));
}

}  // namespace

std::string clean(std::string_view text) { return disarm(text); }

std::string escape_in_json(std::string_view json) {
  std::string out;
  walk(json, [&](std::int32_t point, std::string_view bytes) {
    if (!is_harmful(static_cast<char32_t>(point))) {
      out += bytes;
    } else if (point < 0x10000) {
      out += fmt::format("\\u{:04x}", point);
    } else {
      const auto above = point - 0x10000;
      out += fmt::format("\\u{:04x}\\u{:04x}", 0xd800 + (above >> 10), 0xdc00 + (above & 0x3ff));
    }
  });
  return out;
}

std::size_t width(std::string_view text) {
  std::size_t columns = 0;
  walk(text, [&](std::int32_t point, std::string_view) { columns += columns_of(point); });
  return columns;
}

std::string pad(std::string text, std::size_t columns, bool right) {
  const std::size_t has = width(text);
  const std::string blanks(columns > has ? columns - has : 0, ' ');
  return right ? blanks + text : std::move(text) + blanks;
}

std::string fit(const std::string& text, std::size_t columns) {
  const std::size_t has = width(text);
  if (has <= columns || columns < 4) return text;
  const std::size_t tail_from = has - (columns - 2) / 2;
  const std::size_t head_to = columns - 2 - (columns - 2) / 2;
  std::string head;
  std::string tail;
  std::size_t at = 0;
  walk(text, [&](std::int32_t point, std::string_view bytes) {
    const std::size_t end = at + columns_of(point);
    if (end <= head_to) head += bytes;
    if (at >= tail_from) tail += bytes;
    at = end;
  });
  return head + ".." + tail;
}

std::string human_bytes(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 6> kUnits{"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1023.95 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string human_time(std::int64_t ms) {
  if (ms < 1000) return fmt::format("{} ms", ms);
  const std::int64_t seconds = ms / 1000;
  if (seconds < 60) return fmt::format("{:.1f} s", static_cast<double>(ms / 100) / 10);
  if (seconds < 3600) return fmt::format("{}m{:02}s", seconds / 60, seconds % 60);
  if (seconds < 48 * 3600) return fmt::format("{}h{:02}m", seconds / 3600, seconds / 60 % 60);
  return fmt::format("{}d{:02}h", seconds / 86400, seconds / 3600 % 24);
}

std::string count_of(std::int64_t number, std::string_view noun) {
  const bool ies = noun.ends_with('y');
  if (number == 1) return fmt::format("1 {}", noun);
  return fmt::format("{} {}{}", number, ies ? noun.substr(0, noun.size() - 1) : noun,
                     ies ? "ies" : "s");
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  constexpr std::array kUnits{Unit{"s", 1000}, Unit{"ms", 1}, Unit{"m", 60'000},
                              Unit{"h", 3'600'000}};
  auto ms = with_unit(text, kUnits, "duration", "500ms, 2s or 5m");
  if (!ms) return tl::unexpected(ms.error());
  return std::chrono::milliseconds(static_cast<std::int64_t>(*ms));
}

Result<std::uint64_t> parse_bytes(std::string_view text) {
  constexpr std::array kUnits{Unit{"B", 1}, Unit{"KiB", 1ULL << 10}, Unit{"MiB", 1ULL << 20},
                              Unit{"GiB", 1ULL << 30}, Unit{"TiB", 1ULL << 40}};
  return with_unit(text, kUnits, "size", "4096, 64KiB or 10MiB");
}

}  // namespace shoal::client
