// SPDX-License-Identifier: Apache-2.0
// What the texts about an API call things by. Internal to this folder.
#pragma once

#include <boost/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/http/openapi.h"
#include "proto/types/result.h"

namespace shoal::http {

/// `route` is not described, or not so that it is understood.
tl::unexpected<Error> undescribed(std::string_view route, std::string why);

boost::json::object reference_to(std::string_view schema);

/// The names in the texts about one API: "#Name" is a schema's, "@name" a limit's, "required": "*"
/// all properties. Errors: kInvalidArgument, naming the route.
class ApiWords {
 public:
  explicit ApiWords(const std::vector<NamedLimit>& limits) : limits_(limits) {}

  void add_schema(std::string_view name, boost::json::value schema) {
    schemas_[name] = std::move(schema);
  }
  /// The same in OpenAPI's words. `route` is the one that says it.
  Result<boost::json::value> expanded(std::string_view route, const boost::json::value& value);
  /// The schemas that were named until now, and those that these name.
  Result<boost::json::object> used_schemas();

 private:
  Result<boost::json::value> expanded_text(std::string_view route, std::string_view text);
  Result<boost::json::value> expanded_object(std::string_view route, const boost::json::object& of);

  const std::vector<NamedLimit>& limits_;
  boost::json::object schemas_;
  std::set<std::string> used_;
  std::vector<std::string> waiting_;
};

}  // namespace shoal::http
