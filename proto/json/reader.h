// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/types/result.h"

namespace shoal::json {

/// A JSON value from somebody else: at most limits::kJsonDepth deep, UTF-8, nothing after it.
/// Errors: kInvalidArgument with the position.
Result<boost::json::value> parse(std::string_view text);

/// Reads the members of one object, strictly: a missing one, a wrong type, a number out of range
/// and (by finish()) a name nobody asked for are errors that name the member.
///
///     ObjectReader in(object, "the search");
///     in.required("terms", terms).optional("ttl", ttl, 1, 15);
///     if (auto done = in.finish(); !done) return tl::unexpected(done.error());
///
/// The first error sticks; what follows it is not read. Values that are not given stay as they
/// were.
class ObjectReader {
 public:
  /// `object` must outlive this; `what` is used in errors.
  ObjectReader(const boost::json::object& object, std::string_view what);
  /// As above; an error when `value` is no object.
  ObjectReader(const boost::json::value& value, std::string_view what);

  ObjectReader& required(std::string_view name, std::string& out);
  ObjectReader& required(std::string_view name, bool& out);
  ObjectReader& required(std::string_view name, std::uint64_t& out, std::uint64_t min = 0,
                         std::uint64_t max = std::numeric_limits<std::uint64_t>::max());
  ObjectReader& required(std::string_view name, std::int64_t& out);
  ObjectReader& required(std::string_view name, std::vector<std::string>& out);
  /// The array or object itself, to be read further; valid as long as the object.
  ObjectReader& required(std::string_view name, const boost::json::array*& out);
  ObjectReader& required(std::string_view name, const boost::json::object*& out);

  /// As required(), but may be missing or null.
  template <class T, class... Bounds>
  ObjectReader& optional(std::string_view name, T& out, Bounds... bounds) {
    return given(name) ? required(name, out, static_cast<std::uint64_t>(bounds)...) : *this;
  }
  template <class T, class... Bounds>
  ObjectReader& optional(std::string_view name, std::optional<T>& out, Bounds... bounds) {
    return given(name) ? required(name, out.emplace(), static_cast<std::uint64_t>(bounds)...)
                       : *this;
  }

  /// The member "schema", if there is one, must be `name`.
  ObjectReader& schema(std::string_view name);

  /// Lets a name pass unread.
  ObjectReader& ignore(std::string_view name);
  /// Lets all other names pass unread: for answers of a newer program.
  ObjectReader& ignore_others();

  /// The first error, if any. Errors: kInvalidArgument.
  [[nodiscard]] Result<void> finish();

 private:
  bool given(std::string_view name);
  const boost::json::value* take(std::string_view name);
  ObjectReader& fail_with(std::string why);
  ObjectReader& wrong(std::string_view name, std::string_view wanted);

  const boost::json::object* object_ = nullptr;
  std::string what_;
  std::vector<std::string_view> read_;
  bool others_ = false;
  std::optional<Error> error_;
};

}  // namespace shoal::json
