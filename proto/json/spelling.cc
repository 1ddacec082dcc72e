// SPDX-License-Identifier: Apache-2.0
#include "proto/json/spelling.h"

#include <charconv>
#include <cstdint>
#include <string>
#include <utility>

#include "proto/types/place.h"

namespace shoal::json {

namespace bj = boost::json;

Result<void> respell(bj::object& object, std::span<const Spelling> spellings) {
  for (const auto& [old, ours] : spellings) {
    const auto* const found = object.if_contains(old);
    if (found == nullptr) continue;
    if (object.contains(ours)) {
      return fail(Errc::kInvalidArgument, "the request is not understood",
                  "\"" + std::string(old) + "\" and \"" + std::string(ours) + "\" say the same",
                  "leave one of them out");
    }
    bj::value value = *found;
    object.erase(old);
    object[ours] = std::move(value);
  }
  return {};
}

void digits_to_number(bj::object& object, std::string_view name) {
  auto* const value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return;
  const auto& text = value->get_string();
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc{} && at == end) *value = number;
}

Result<void> split_url(bj::object& object, std::string_view name) {
  const auto* const found = object.if_contains(name);
  if (found == nullptr) return {};
  const std::string url = found->is_string() ? std::string(found->get_string()) : std::string();
  const auto place = split_place(place_in(url).value_or(""));
  if (!place) {
    return fail(Errc::kInvalidArgument, "the request is not understood",
                "\"" + std::string(name) + "\" is no http://host:port");
  }
  if (!object.contains("address")) object["address"] = place->host;
  if (!object.contains("port")) object["port"] = place->port;
  object.erase(name);
  return {};
}

}  // namespace shoal::json
