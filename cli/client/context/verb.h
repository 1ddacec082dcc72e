// SPDX-License-Identifier: Apache-2.0
// What a verb is. From the one table of them come the parser, the help and the suggestions.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/types/result.h"

namespace shoal::client {

class Context;

/// An option of one verb.
struct Flag {
  std::string_view names;  ///< "-o,--output"; the longest is the one that Arguments know it by
  std::string_view value;  ///< "DIR"; empty: a switch
  std::string_view help;
};

/// Headings of the help, in their order.
enum class Group : std::uint8_t { kStart, kFiles, kPeople, kLab, kTools };

struct Verb {
  std::string_view name;
  Group group;
  std::string_view synopsis;  ///< what follows the name: "WORDS... [--ttl N]"
  std::string_view summary;   ///< one line
  std::string_view examples;  ///< lines that work as they stand
  std::span<const Flag> flags;
  std::size_t words_min;
  std::size_t words_max;
  /// The exit code; an Error is printed and gives its own.
  Result<int> (*run)(Context& context);
  std::string_view notes = {};  ///< lines of the help that say what else to know
};

/// What was written after the verb.
struct Arguments {
  std::vector<std::string> words;
  std::map<std::string, std::vector<std::string>, std::less<>> values;  ///< of "--ttl"
  std::map<std::string, bool, std::less<>> switches;

  [[nodiscard]] bool has(std::string_view name) const;
  /// The last one given.
  [[nodiscard]] std::optional<std::string> value(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> all(std::string_view name) const;
  /// Errors: kInvalidArgument (no whole number in [min, max]).
  [[nodiscard]] Result<std::optional<std::uint64_t>> number(std::string_view name,
                                                            std::uint64_t min,
                                                            std::uint64_t max) const;
};

/// All verbs, in the order of the help.
std::span<const Verb> verbs();
/// Null when there is none of that name.
const Verb* find_verb(std::string_view name);

}  // namespace shoal::client
