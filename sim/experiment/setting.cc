// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/setting.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "proto/types/utf8.h"
#include "proto/yaml/nearest.h"

namespace shoal::sim {
namespace {

using yaml::Item;
using Wrong = std::optional<yaml::Trouble>;

struct Unit {
  std::string_view name;
  std::int64_t us;
};
constexpr std::array kUnits{Unit{"d", 86'400'000'000}, Unit{"h", 3'600'000'000},
                            Unit{"m", 60'000'000},     Unit{"s", 1'000'000},
                            Unit{"ms", 1'000},         Unit{"us", 1}};
constexpr double kTimeMax = 100.0 * 366 * 86'400'000'000;  // a century
constexpr std::size_t kShown = 40;                         // of a wrong value, in a message
constexpr std::size_t kTextMax = 4096;

std::string quoted(const std::string& text) { return "\"" + text.substr(0, kShown) + "\""; }

Wrong want_scalar(const Item& value) {
  if (value.kind == Item::Kind::kScalar) return std::nullopt;
  return value.trouble(value.kind == Item::Kind::kNull ? "it has no value"
                                                       : "one value is expected here");
}

std::optional<double> parse_real(std::string_view text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || at != end || !std::isfinite(number)) return std::nullopt;
  return number;
}

Wrong set_text(const Item& value, std::string& out) {
  if (auto wrong = want_scalar(value)) return wrong;
  const bool control =
      std::ranges::any_of(value.text, [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; });
  if (control || !is_utf8(value.text) || value.text.size() > kTextMax) {
    return value.trouble("it must be text without control characters");
  }
  out = value.text;
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> parse_whole(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc{} && at == end) return number;
  const auto real = parse_real(text);  // 1e6
  constexpr double kExact = 9007199254740992.0;
  if (!real || *real < 0 || *real > kExact || *real != std::floor(*real)) return std::nullopt;
  return static_cast<std::uint64_t>(*real);
}

std::optional<Duration> parse_time(std::string_view text) {
  if (text == "0") return Duration(0);
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || !std::isfinite(number) || number < 0) return std::nullopt;
  const std::string_view unit(at, static_cast<std::size_t>(end - at));
  const auto known = std::ranges::find(kUnits, unit, &Unit::name);
  if (known == kUnits.end()) return std::nullopt;
  const double us = std::round(number * static_cast<double>(known->us));
  if (us > kTimeMax) return std::nullopt;
  return Duration(static_cast<std::int64_t>(us));
}

std::string show_time(Duration time) {
  const std::int64_t us = time.count();
  if (us == 0) return "0";
  for (const auto& unit : kUnits) {
    if (us % unit.us == 0) return std::to_string(us / unit.us) + std::string(unit.name);
  }
  return std::to_string(us) + "us";
}

std::string show_real(double value) {
  std::array<char, 40> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), error == std::errc{} ? end : buffer.data()};
}

void SettingTable::add_whole(std::string key, std::uint64_t min, std::uint64_t max,
                             std::function<void(std::uint64_t)> set,
                             std::function<std::uint64_t()> get, std::string doc) {
  const std::string range = std::to_string(min) + " .. " + std::to_string(max);
  rows_.push_back({std::move(key), range, std::move(doc),
                   [=, set = std::move(set)](const Item& value) -> Wrong {
                     if (auto wrong = want_scalar(value)) return wrong;
                     const auto number = parse_whole(value.text);
                     if (!number || *number < min || *number > max) {
                       return value.trouble(quoted(value.text) + " is no whole number from " +
                                            std::to_string(min) + " to " + std::to_string(max));
                     }
                     set(*number);
                     return std::nullopt;
                   },
                   [get = std::move(get)] { return std::to_string(get()); }});
}

void SettingTable::real(std::string key, double& field, double min, double max, std::string doc) {
  rows_.push_back({std::move(key), show_real(min) + " .. " + show_real(max), std::move(doc),
                   [=, &field](const Item& value) -> Wrong {
                     if (auto wrong = want_scalar(value)) return wrong;
                     const auto number = parse_real(value.text);
                     if (!number || *number < min || *number > max) {
                       return value.trouble(quoted(value.text) + " is no number from " +
                                            show_real(min) + " to " + show_real(max));
                     }
                     field = *number;
                     return std::nullopt;
                   },
                   [&field] { return show_real(field); }});
}

void SettingTable::duration(std::string key, Duration& field, Duration min, Duration max,
                            std::string doc) {
  rows_.push_back({std::move(key), show_time(min) + " .. " + show_time(max), std::move(doc),
                   [=, &field](const Item& value) -> Wrong {
                     if (auto wrong = want_scalar(value)) return wrong;
                     const auto time = parse_time(value.text);
                     if (!time) {
                       return value.trouble(quoted(value.text) + " is no time",
                                            "write 500us, 20ms, 1.5s, 5m, 2h or 1d");
                     }
                     if (*time < min || *time > max) {
                       return value.trouble(quoted(value.text) + " is not from " + show_time(min) +
                                            " to " + show_time(max));
                     }
                     field = *time;
                     return std::nullopt;
                   },
                   [&field] { return show_time(field); }});
}

void SettingTable::path(std::string key, std::string& field, std::string doc) {
  text(std::move(key), field, "a path", std::move(doc));
}

void SettingTable::text(std::string key, std::string& field, std::string values, std::string doc) {
  rows_.push_back({std::move(key), std::move(values), std::move(doc),
                   [&field](const Item& value) { return set_text(value, field); },
                   [&field] { return field; }});
}

void SettingTable::on_off(std::string key, bool& field, std::string doc) {
  word<bool>(std::move(key), field, {{"on", true}, {"off", false}}, std::move(doc));
  auto& row = rows_.back();
  row.set = [&field, words = std::move(row.set)](const Item& value) -> Wrong {
    const bool yes = value.text == "true";
    if (value.kind != Item::Kind::kScalar || (!yes && value.text != "false")) return words(value);
    field = yes;
    return std::nullopt;
  };
}

void SettingTable::add_word(std::string key, std::vector<std::string> names,
                            std::function<void(std::size_t)> set, std::function<std::string()> get,
                            std::string doc) {
  std::string all;
  for (const auto& name : names) all += (all.empty() ? "" : ", ") + name;
  rows_.push_back({std::move(key), all, std::move(doc),
                   [=, set = std::move(set)](const Item& value) -> Wrong {
                     if (auto wrong = want_scalar(value)) return wrong;
                     const auto found = std::ranges::find(names, value.text);
                     if (found == names.end()) {
                       const std::string near = yaml::nearest(value.text, names);
                       return value.trouble(quoted(value.text) + " is none of " + all,
                                            near.empty() ? "" : "did you mean " + near + "?");
                     }
                     set(static_cast<std::size_t>(found - names.begin()));
                     return std::nullopt;
                   },
                   std::move(get)});
}

void SettingTable::list(std::string key, std::vector<std::string>& field, std::string values,
                        std::string doc) {
  rows_.push_back({std::move(key), std::move(values), std::move(doc),
                   [&field](const Item& value) -> Wrong {
                     std::vector<std::string> texts;
                     if (value.kind == Item::Kind::kScalar) {
                       if (auto wrong = set_text(value, texts.emplace_back())) return wrong;
                     } else if (value.kind == Item::Kind::kList) {
                       for (const auto& item : value.items) {
                         if (auto wrong = set_text(item, texts.emplace_back())) return wrong;
                       }
                     } else if (value.kind == Item::Kind::kMap) {
                       return value.trouble("a list is expected here");
                     }
                     field = std::move(texts);
                     return std::nullopt;
                   },
                   [&field] {
                     std::string out = "[";
                     for (const auto& item : field) out += (out.size() > 1 ? ", " : "") + item;
                     return out + "]";
                   }});
}

}  // namespace shoal::sim
