// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/rest.h"

#include "proto/json/reader.h"

namespace shoal::daemon {

namespace bj = boost::json;

http::Response json_answer(const bj::object& object, int status) {
  return http::Response::json(bj::serialize(object), status);
}

http::Response list_answer(std::string_view schema, bj::array items) {
  return json_answer({{"schema", schema}, {"items", std::move(items)}});
}

Result<bj::value> body_of(const http::Request& request) {
  auto value = json::parse(request.body);
  if (value && !value->is_object()) {
    return fail(Errc::kInvalidArgument, "the request is not understood", "its body is no object");
  }
  return value;
}

}  // namespace shoal::daemon
