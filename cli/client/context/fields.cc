// SPDX-License-Identifier: Apache-2.0
#include "cli/client/context/fields.h"

#include <algorithm>
#include <limits>

#include "cli/client/context/text.h"

namespace shoal::client {

namespace bj = boost::json;

const bj::value* at_path(const bj::object& object, std::string_view path) {
  const bj::object* in = &object;
  while (true) {
    const auto dot = path.find('.');
    const bj::value* value = in->if_contains(path.substr(0, dot));
    if (value == nullptr || dot == std::string_view::npos) return value;
    in = value->if_object();
    if (in == nullptr) return nullptr;
    path.remove_prefix(dot + 1);
  }
}

std::string raw_at(const bj::object& object, std::string_view path) {
  const bj::value* value = at_path(object, path);
  if (value == nullptr || value->is_null() || value->is_structured()) return {};
  if (const auto* text = value->if_string()) return std::string(text->data(), text->size());
  return bj::serialize(*value);
}

std::string text_at(const bj::object& object, std::string_view path) {
  return clean(raw_at(object, path));
}

std::optional<std::int64_t> number_at(const bj::object& object, std::string_view path) {
  const bj::value* value = at_path(object, path);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  bj::error_code error;
  const auto number = value->to_number<std::int64_t>(error);
  if (!error) return number;
  if (value->is_uint64()) return std::numeric_limits<std::int64_t>::max();
  return std::nullopt;
}

std::optional<double> real_at(const bj::object& object, std::string_view path) {
  const bj::value* value = at_path(object, path);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return value->to_number<double>();
}

std::int64_t count_at(const bj::object& object, std::string_view path) {
  return number_at(object, path).value_or(0);
}

bool flag_at(const bj::object& object, std::string_view path) {
  const bj::value* value = at_path(object, path);
  return value != nullptr && value->is_bool() && value->get_bool();
}

const bj::array& items_at(const bj::object& object, std::string_view path) {
  static const bj::array kNone;
  const bj::value* value = at_path(object, path);
  return value != nullptr && value->is_array() ? value->get_array() : kNone;
}

std::string short_id(std::string_view id) { return clean(id.substr(0, 8)); }

namespace {

bool is_there(const bj::object& object, std::string_view path) {
  const auto dot = path.find('.');
  const bj::value* const value = object.if_contains(path.substr(0, dot));
  if (value == nullptr || dot == std::string_view::npos) return value != nullptr;
  if (path.substr(0, dot) == "drops") return true;
  if (const auto* const inner = value->if_object()) return is_there(*inner, path.substr(dot + 1));
  return value->is_null();
}

}  // namespace

void FieldsAsked::saw(const bj::object& object) {
  if (missing_.empty()) return;
  std::erase_if(missing_, [&](const std::string& field) { return is_there(object, field); });
  for (const auto& member : object) {
    if (std::ranges::find(members_, member.key()) != members_.end()) continue;
    members_.emplace_back(member.key());
  }
}

Result<void> FieldsAsked::all_there() const {
  if (missing_.empty() || members_.empty()) return {};
  std::string known;
  for (const std::string& member : members_) known += (known.empty() ? "" : ", ") + member;
  return fail(Errc::kInvalidArgument, "there is no member \"" + missing_.front() + "\" for --json",
              "these are there: " + known, "--json alone shows all of them");
}

bj::object select(const bj::object& object, const std::vector<std::string>& fields) {
  if (fields.empty()) return object;
  bj::object out;
  if (const auto* schema = object.if_contains("schema")) out["schema"] = *schema;
  for (const auto& field : fields) {
    const bj::value* value = at_path(object, field);
    out[field] = value == nullptr ? bj::value() : *value;
  }
  return out;
}

}  // namespace shoal::client
