// SPDX-License-Identifier: Apache-2.0
#include "proto/http/openapi_words.h"

#include <algorithm>

namespace shoal::http {

namespace bj = boost::json;

tl::unexpected<Error> undescribed(std::string_view route, std::string why) {
  return fail(Errc::kInvalidArgument, "the routes are not described",
              std::string(route) + ": " + std::move(why), "see proto/http/openapi/README.md");
}

bj::object reference_to(std::string_view schema) {
  return {{"$ref", "#/components/schemas/" + std::string(schema)}};
}

Result<bj::value> ApiWords::expanded(std::string_view route, const bj::value& value) {
  if (value.is_string()) return expanded_text(route, value.get_string());
  if (value.is_object()) return expanded_object(route, value.get_object());
  if (!value.is_array()) return value;
  bj::array out;
  for (const auto& each : value.get_array()) {
    auto made = expanded(route, each);
    if (!made) return made;
    out.push_back(std::move(*made));
  }
  return out;
}

Result<bj::value> ApiWords::expanded_object(std::string_view route, const bj::object& of) {
  bj::object out;
  for (const auto& [name, each] : of) {
    if (name == "required" && each.is_string()) {
      const auto* const properties = of.if_contains("properties");
      if (properties == nullptr || !properties->is_object()) {
        return undescribed(route, "all properties are required where there are none");
      }
      bj::array all;
      for (const auto& [property, schema] : properties->get_object()) all.emplace_back(property);
      out[name] = std::move(all);
      continue;
    }
    auto made = expanded(route, each);
    if (!made) return made;
    // A reference beside other words, which 3.1 allows.
    const auto* const whole = made->if_object();
    const auto* const reference = whole == nullptr ? nullptr : whole->if_contains("$ref");
    if (name == "$ref" && reference == nullptr) {
      return undescribed(route, "$ref names no schema");
    }
    out[name] = name == "$ref" ? *reference : std::move(*made);
  }
  return out;
}

Result<bj::value> ApiWords::expanded_text(std::string_view route, std::string_view text) {
  if (text.starts_with('#')) {
    const std::string_view name = text.substr(1);
    if (!schemas_.contains(name)) {
      return undescribed(route, "there is no schema " + std::string(name));
    }
    if (used_.emplace(name).second) waiting_.emplace_back(name);
    return bj::value(reference_to(name));
  }
  if (text.starts_with('@')) {
    const auto limit = std::ranges::find(limits_, text.substr(1), &NamedLimit::name);
    if (limit != limits_.end()) return bj::value(limit->value);
    return undescribed(route, "there is no limit " + std::string(text.substr(1)));
  }
  return bj::value(text);
}

Result<bj::object> ApiWords::used_schemas() {
  bj::object out;
  while (!waiting_.empty()) {
    const std::string name = std::move(waiting_.back());
    waiting_.pop_back();
    auto schema = expanded("the schema " + name, schemas_.at(name));
    if (!schema) return tl::unexpected(schema.error());
    out[name] = std::move(*schema);
  }
  return out;
}

}  // namespace shoal::http
