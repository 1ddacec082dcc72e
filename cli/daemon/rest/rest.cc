// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/rest/rest.h"

#include <charconv>

#include "cli/daemon/guests/token_desk.h"
#include "proto/http/guard.h"
#include "proto/json/reader.h"
#include "proto/types/text.h"

namespace shoal::daemon {

namespace bj = boost::json;

Asker RestContext::asker(const http::Request& request) const {
  if (!for_guests) return {};
  return {guests, tokens.number_of(http::bearer_token(request))};
}

http::Response json_answer(const bj::object& object, int status) {
  return http::Response::json(bj::serialize(object), status);
}

http::Response list_answer(std::string_view schema, bj::array items) {
  return json_answer({{"schema", schema}, {"items", std::move(items)}});
}

Result<std::uint64_t> number_in(const http::Request& request, const Numbered& kind) {
  const std::string& text = request.param("id");
  std::uint64_t id = 0;
  const char* const end = text.data() + text.size();
  if (text.starts_with(kind.prefix)) {
    const auto [at, error] = std::from_chars(text.data() + kind.prefix.size(), end, id);
    if (error == std::errc{} && at == end) return id;
  }
  return fail(Errc::kInvalidArgument,
              "not the id of " + std::string(kind.one) + ": " + text.substr(0, 40), "",
              std::string(kind.verb) + " lists them");
}

Result<bj::value> body_of(const http::Request& request) {
  auto value = json::parse(request.body);
  if (value && !value->is_object()) {
    return fail(Errc::kInvalidArgument, "the request is not understood", "its body is no object");
  }
  return value;
}

}  // namespace shoal::daemon
