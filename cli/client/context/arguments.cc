// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <charconv>

#include "cli/client/context/text.h"
#include "cli/client/context/verb.h"

namespace shoal::client {

bool Arguments::has(std::string_view name) const {
  const auto found = switches.find(name);
  return found != switches.end() && found->second;
}

std::optional<std::string> Arguments::value(std::string_view name) const {
  const auto found = values.find(name);
  if (found == values.end() || found->second.empty()) return std::nullopt;
  return found->second.back();
}

std::vector<std::string> Arguments::all(std::string_view name) const {
  const auto found = values.find(name);
  return found == values.end() ? std::vector<std::string>() : found->second;
}

Result<std::optional<std::uint64_t>> Arguments::number(std::string_view name, std::uint64_t min,
                                                       std::uint64_t max) const {
  const auto text = value(name);
  if (!text) return std::optional<std::uint64_t>();
  std::uint64_t number = 0;
  const char* end = text->data() + text->size();
  const auto [at, error] = std::from_chars(text->data(), end, number);
  if (error == std::errc{} && at == end && number >= min && number <= max) return number;
  return fail(Errc::kInvalidArgument, fmt::format("{} does not take \"{}\"", name, clean(*text)),
              fmt::format("it takes a whole number from {} to {}", min, max));
}

}  // namespace shoal::client
