// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "proto/types/limits.h"
#include "proto/types/result.h"

namespace shoal::overlay {

/// What the origin of a search may choose about its overlay: a number, or one of some words.
struct Parameter {
  std::string_view name;  ///< of `--set NAME=VALUE`; in experiments `overlay.NAME`
  std::string_view doc;   ///< one sentence
  std::uint32_t fallback = 0;
  std::uint32_t least = 0;
  std::uint32_t most = 0;
  /// Not empty: the value is the place of one of these, and `least` and `most` say nothing.
  std::span<const std::string_view> words = {};

  [[nodiscard]] bool allows(std::uint32_t value) const {
    return words.empty() ? least <= value && value <= most : value < words.size();
  }
};

/// The two words of a switch; `false` and `true` are read as these.
inline constexpr std::array<std::string_view, 2> kOffOn{"off", "on"};

/// Values of an overlay's parameters, by their places in OverlayEntry::parameters; 0 behind them.
using Parameters = std::array<std::uint32_t, limits::kOverlayParametersMax>;

Parameters fallbacks(std::span<const Parameter> known);

/// Gives the parameter `name` the value that `text` says (a number in decimal, or a word).
/// Errors: kInvalidArgument (no such parameter, no such word, out of range); nothing is changed.
Result<void> set_parameter(std::span<const Parameter> known, Parameters& values,
                           std::string_view name, std::string_view text);

/// Errors: kInvalidArgument, naming the first parameter whose value is out of its range.
Result<void> check(std::span<const Parameter> known, const Parameters& values);

/// "1 .. 64" or "simple, nbt".
std::string range_of(const Parameter& parameter);
/// As set_parameter() reads it.
std::string show(const Parameter& parameter, std::uint32_t value);

}  // namespace shoal::overlay
