// SPDX-License-Identifier: Apache-2.0
#include "overlay/core/parameters.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "proto/types/assert.h"

namespace shoal::overlay {
namespace {

std::optional<std::uint32_t> value_in(const Parameter& parameter, std::string_view text) {
  if (!parameter.words.empty()) {
    if (std::ranges::equal(parameter.words, kOffOn)) {
      if (text == "false") return 0;
      if (text == "true") return 1;
    }
    const auto at = std::ranges::find(parameter.words, text);
    if (at == parameter.words.end()) return std::nullopt;
    return static_cast<std::uint32_t>(at - parameter.words.begin());
  }
  std::uint32_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || at != end || !parameter.allows(value)) return std::nullopt;
  return value;
}

tl::unexpected<Error> refuse(const Parameter& parameter, std::string_view text) {
  return fail(
      Errc::kInvalidArgument,
      std::string(parameter.name) + " cannot be \"" + std::string(text.substr(0, 40)) + "\"",
      std::string(parameter.words.empty() ? "it is a number, " : "it is one of ") +
          range_of(parameter));
}

}  // namespace

Parameters fallbacks(std::span<const Parameter> known) {
  SHOAL_ASSERT(known.size() <= limits::kOverlayParametersMax);
  Parameters values{};
  std::ranges::transform(known, values.begin(), &Parameter::fallback);
  return values;
}

Result<void> set_parameter(std::span<const Parameter> known, Parameters& values,
                           std::string_view name, std::string_view text) {
  const auto at = std::ranges::find(known, name, &Parameter::name);
  if (at == known.end()) {
    std::string names;
    for (const Parameter& parameter : known) {
      names += (names.empty() ? "" : ", ") + std::string(parameter.name);
    }
    return fail(Errc::kInvalidArgument, "no such parameter: " + std::string(name.substr(0, 40)),
                names.empty() ? "this overlay has none" : "this overlay has " + names);
  }
  const auto value = value_in(*at, text);
  if (!value) return refuse(*at, text);
  values[static_cast<std::size_t>(at - known.begin())] = *value;
  return {};
}

Result<void> check(std::span<const Parameter> known, const Parameters& values) {
  for (std::size_t place = 0; place < known.size(); ++place) {
    if (known[place].allows(values[place])) continue;
    return refuse(known[place], std::to_string(values[place]));
  }
  return {};
}

std::string range_of(const Parameter& parameter) {
  if (parameter.words.empty()) {
    return std::to_string(parameter.least) + " .. " + std::to_string(parameter.most);
  }
  std::string words;
  for (const std::string_view word : parameter.words) {
    words += (words.empty() ? "" : ", ") + std::string(word);
  }
  return words;
}

std::string show(const Parameter& parameter, std::uint32_t value) {
  if (parameter.words.empty()) return std::to_string(value);
  SHOAL_ASSERT(value < parameter.words.size());
  return std::string(parameter.words[value]);
}

}  // namespace shoal::overlay
