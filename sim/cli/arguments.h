// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/types/result.h"

namespace shoal::sim::cli {

/// An option that a verb takes.
struct Option {
  std::string_view name;   ///< "--seed"
  std::string_view value;  ///< what it is called in help; empty: a switch
  std::string_view doc;
};

/// The words behind a verb.
class Arguments {
 public:
  /// `--name value` and `--name=value` are one; `--` ends the options.
  /// Errors: kInvalidArgument (an unknown option with what is meant, a value too few or too many).
  static Result<Arguments> parse(std::span<const std::string> words,
                                 std::span<const Option> options);

  [[nodiscard]] const std::vector<std::string>& words() const { return words_; }
  [[nodiscard]] bool has(std::string_view option) const { return last(option).has_value(); }
  /// The last value that was given.
  [[nodiscard]] std::optional<std::string> last(std::string_view option) const;
  /// All values, in order.
  [[nodiscard]] std::vector<std::string> all(std::string_view option) const;
  /// A whole number up to `max`. Errors: kInvalidArgument.
  [[nodiscard]] Result<std::optional<std::uint64_t>> number(std::string_view option,
                                                            std::uint64_t max) const;

 private:
  std::vector<std::string> words_;
  std::map<std::string, std::vector<std::string>, std::less<>> values_;  ///< of a switch: ""
};

}  // namespace shoal::sim::cli
