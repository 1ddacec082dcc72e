// SPDX-License-Identifier: Apache-2.0
#include "proto/json/reader.h"

#include <algorithm>

#include "proto/types/limits.h"
#include "proto/types/utf8.h"

namespace shoal::json {

namespace bj = boost::json;

Result<bj::value> parse(std::string_view text) {
  bj::parse_options options;
  options.max_depth = limits::kJsonDepth;
  bj::stream_parser parser({}, options);
  bj::error_code error;
  const std::size_t used = parser.write_some(text.data(), text.size(), error);
  std::string why;
  if (error) {
    why = "at byte " + std::to_string(used) + ": " + error.message();
  } else if (text.find_first_not_of(" \t\r\n", used) != std::string_view::npos) {
    why = "at byte " + std::to_string(used) + ": more follows the value";
  } else {
    parser.finish(error);
    if (!error) return parser.release();
    why = "it ends too early";
  }
  return fail(Errc::kInvalidArgument, "not valid JSON", std::move(why));
}

ObjectReader::ObjectReader(const bj::object& object, std::string_view what)
    : object_(&object), what_(what) {}

ObjectReader::ObjectReader(const bj::value& value, std::string_view what)
    : object_(value.if_object()), what_(what) {
  if (object_ == nullptr) fail_with("it is not a JSON object");
}

ObjectReader& ObjectReader::fail_with(std::string why) {
  if (!error_) {
    error_ = Error{Errc::kInvalidArgument, what_ + " is not understood", std::move(why), {}};
  }
  return *this;
}

ObjectReader& ObjectReader::wrong(std::string_view name, std::string_view wanted) {
  return fail_with("\"" + std::string(name) + "\" is not " + std::string(wanted));
}

bool ObjectReader::given(std::string_view name) {
  if (object_ == nullptr) return false;
  read_.push_back(name);
  const auto* value = object_->if_contains(name);
  return value != nullptr && !value->is_null();
}

const bj::value* ObjectReader::take(std::string_view name) {
  if (error_ || object_ == nullptr) return nullptr;
  read_.push_back(name);
  const auto* value = object_->if_contains(name);
  if (value == nullptr) fail_with("\"" + std::string(name) + "\" is missing");
  return value;
}

ObjectReader& ObjectReader::required(std::string_view name, std::string& out) {
  const auto* value = take(name);
  if (value == nullptr) return *this;
  if (!value->is_string()) return wrong(name, "a string");
  out = std::string_view(value->get_string());
  return *this;
}

ObjectReader& ObjectReader::required(std::string_view name, bool& out) {
  const auto* value = take(name);
  if (value == nullptr) return *this;
  if (!value->is_bool()) return wrong(name, "true or false");
  out = value->get_bool();
  return *this;
}

ObjectReader& ObjectReader::required(std::string_view name, std::uint64_t& out, std::uint64_t min,
                                     std::uint64_t max) {
  const auto* value = take(name);
  if (value == nullptr) return *this;
  std::optional<std::uint64_t> number;
  if (value->is_uint64()) number = value->get_uint64();
  if (value->is_int64() && value->get_int64() >= 0) {
    number = static_cast<std::uint64_t>(value->get_int64());
  }
  if (!number || *number < min || *number > max) {
    return wrong(name, "a whole number from " + std::to_string(min) + " to " + std::to_string(max));
  }
  out = *number;
  return *this;
}

ObjectReader& ObjectReader::required(std::string_view name, std::int64_t& out) {
  const auto* value = take(name);
  if (value == nullptr) return *this;
  if (!value->is_int64()) return wrong(name, "a whole number");
  out = value->get_int64();
  return *this;
}

ObjectReader& ObjectReader::required(std::string_view name, std::vector<std::string>& out) {
  const auto* value = take(name);
  if (value == nullptr) return *this;
  const auto* array = value->if_array();
  if (array == nullptr ||
      !std::ranges::all_of(*array, [](const bj::value& each) { return each.is_string(); })) {
    return wrong(name, "a list of strings");
  }
  out.clear();
  for (const auto& each : *array) out.emplace_back(std::string_view(each.get_string()));
  return *this;
}

ObjectReader& ObjectReader::required(std::string_view name, const bj::array*& out) {
  const auto* value = take(name);
  if (value == nullptr) return *this;
  if (!value->is_array()) return wrong(name, "a list");
  out = &value->get_array();
  return *this;
}

ObjectReader& ObjectReader::required(std::string_view name, const bj::object*& out) {
  const auto* value = take(name);
  if (value == nullptr) return *this;
  if (!value->is_object()) return wrong(name, "an object");
  out = &value->get_object();
  return *this;
}

ObjectReader& ObjectReader::schema(std::string_view name) {
  if (!given("schema")) return *this;
  const auto* text = object_->at("schema").if_string();
  if (text != nullptr && std::string_view(*text) == name) return *this;
  return wrong("schema", "\"" + std::string(name) + "\"");
}

ObjectReader& ObjectReader::ignore(std::string_view name) {
  read_.push_back(name);
  return *this;
}

ObjectReader& ObjectReader::ignore_others() {
  others_ = true;
  return *this;
}

Result<void> ObjectReader::finish() {
  if (!error_ && !others_) {
    for (const auto& member : *object_) {
      const std::string_view name = member.key();
      if (std::ranges::find(read_, name) != read_.end()) continue;
      fail_with("there is no member \"" + scrub(name.substr(0, 64)) + "\"");
      break;
    }
  }
  if (error_) return tl::unexpected<Error>(*error_);
  return {};
}

}  // namespace shoal::json
