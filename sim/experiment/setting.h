// SPDX-License-Identifier: Apache-2.0
// The rows of the table of settings. Internal to this folder.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/types/time.h"
#include "proto/yaml/outline.h"

namespace shoal::sim {

/// One setting: what it is for, how it is read and how it is shown.
struct Setting {
  std::string key;     ///< "section.name"
  std::string values;  ///< what it takes: "1 .. 255", "classic, deepest"
  std::string doc;     ///< one or two sentences
  std::function<std::optional<yaml::Trouble>(const yaml::Item&)> set;
  std::function<std::string()> show;
};

/// Builds the table over the fields of one Experiment: each call adds a row that reads into and
/// shows `field`, whose value at that time is the default.
class SettingTable {
 public:
  explicit SettingTable(std::vector<Setting>& rows) : rows_(rows) {}

  /// A whole number; 1e6 is one too.
  template <class T>
  void whole(std::string key, T& field, std::uint64_t min, std::uint64_t max, std::string doc) {
    add_whole(
        std::move(key), min, max, [&field](std::uint64_t value) { field = static_cast<T>(value); },
        [&field] { return static_cast<std::uint64_t>(field); }, std::move(doc));
  }
  void real(std::string key, double& field, double min, double max, std::string doc);
  /// "500us 20ms 1.5s 5m 2h 1d", or 0.
  void duration(std::string key, Duration& field, Duration min, Duration max, std::string doc);
  /// A path; relative ones are taken from where the program runs.
  void path(std::string key, std::string& field, std::string doc);
  void text(std::string key, std::string& field, std::string values, std::string doc);
  /// on, off; true and false are read as these.
  void on_off(std::string key, bool& field, std::string doc);
  /// One of some words.
  template <class E>
  void word(std::string key, E& field, std::vector<std::pair<std::string, E>> words,
            std::string doc) {
    std::vector<std::string> names;
    for (const auto& [name, value] : words) names.push_back(name);
    add_word(
        std::move(key), std::move(names),
        [&field, words](std::size_t index) { field = words[index].second; },
        [&field, words] {
          for (const auto& [name, value] : words) {
            if (value == field) return name;
          }
          return std::string();
        },
        std::move(doc));
  }
  /// A list of texts.
  void list(std::string key, std::vector<std::string>& field, std::string values, std::string doc);
  /// Anything with a row of its own.
  void add(Setting row) { rows_.push_back(std::move(row)); }

 private:
  void add_whole(std::string key, std::uint64_t min, std::uint64_t max,
                 std::function<void(std::uint64_t)> set, std::function<std::uint64_t()> get,
                 std::string doc);
  void add_word(std::string key, std::vector<std::string> names,
                std::function<void(std::size_t)> set, std::function<std::string()> get,
                std::string doc);

  std::vector<Setting>& rows_;
};

/// The whole number that `text` says, 1e6 too; none when it says none.
std::optional<std::uint64_t> parse_whole(std::string_view text);
/// The time that `text` says, to the microsecond; none when it says none.
std::optional<Duration> parse_time(std::string_view text);
/// As parse_time() reads it.
std::string show_time(Duration time);
/// The shortest text that reads back as the same number.
std::string show_real(double value);

}  // namespace shoal::sim
