// SPDX-License-Identifier: Apache-2.0
// Lenient looks into objects of the daemon, for showing: a newer daemon has members we do not know,
// an older one lacks some that we do.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/types/result.h"

namespace shoal::client {

/// The value at "a.b.c", or null.
const boost::json::value* at_path(const boost::json::object& object, std::string_view path);
/// Text there, cleaned for a terminal; a number or bool in words; "" for anything else.
std::string text_at(const boost::json::object& object, std::string_view path);
/// As it stands: for what is sent back to the daemon or compared.
std::string raw_at(const boost::json::object& object, std::string_view path);
/// A whole number there, or none.
std::optional<std::int64_t> number_at(const boost::json::object& object, std::string_view path);
/// Any number there, or none.
std::optional<double> real_at(const boost::json::object& object, std::string_view path);
/// As number_at, 0 for none.
std::int64_t count_at(const boost::json::object& object, std::string_view path);
bool flag_at(const boost::json::object& object, std::string_view path);
/// The array there; an empty one for anything else.
const boost::json::array& items_at(const boost::json::object& object, std::string_view path);

/// The first 8 characters of an id, for tables.
std::string short_id(std::string_view id);

/// Which of the members that --json=FIELDS names there are at all: a name that is nowhere was
/// mistyped. What is null, or below what is null, is there; so is each reason below "drops", which
/// come as they happen.
class FieldsAsked {
 public:
  /// Dotted names; none: all members are asked for.
  explicit FieldsAsked(std::vector<std::string> fields) : missing_(std::move(fields)) {}

  /// An object of the answer.
  void saw(const boost::json::object& object);
  /// Errors: kInvalidArgument (a name that nothing has which was seen, if anything was).
  [[nodiscard]] Result<void> all_there() const;
  /// What is missing matters no more, and all is shown from now on.
  void forgive() {
    missing_.clear();
    forgiven_ = true;
  }
  [[nodiscard]] bool forgiven() const { return forgiven_; }

 private:
  std::vector<std::string> missing_;
  std::vector<std::string> members_;
  bool forgiven_ = false;
};

/// "schema" and the members named by `fields` (a dotted one keeps its dotted name; null when it is
/// not there). No fields: all.
boost::json::object select(const boost::json::object& object,
                           const std::vector<std::string>& fields);

}  // namespace shoal::client
