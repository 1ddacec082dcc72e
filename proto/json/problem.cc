// SPDX-License-Identifier: Apache-2.0
#include "proto/json/problem.h"

#include <string>

#include "proto/json/reader.h"
#include "proto/json/schema.h"
#include "proto/types/errc.h"
#include "proto/types/utf8.h"

namespace shoal::json {

namespace bj = boost::json;

namespace {

Errc code_of(std::string_view name) { return errc_from_name(name).value_or(Errc::kInternal); }

}  // namespace

bj::object to_json(const Error& error) {
  return {{"schema", schema::kError},
          {"code", info(error.code).name},
          {"what", scrub(error.what)},
          {"why", scrub(error.why)},
          {"next", scrub(error.next)}};
}

Result<Error> error_from_json(const bj::object& object) {
  std::string schema_name;
  std::string code;
  Error error;
  ObjectReader in(object, "the error");
  in.required("schema", schema_name).required("code", code).required("what", error.what);
  in.optional("why", error.why).optional("next", error.next).ignore_others();
  if (auto done = in.finish(); !done) return tl::unexpected(done.error());
  if (schema_name != schema::kError) return fail(Errc::kInvalidArgument, "not an error object");
  error.code = code_of(code);
  return error;
}

bj::object problem(const Error& error, int status, std::string_view instance,
                   std::string_view request_id) {
  const std::string_view code = info(error.code).name;
  return {{"type", "urn:shoal:problem:" + std::string(code)},
          {"title", scrub(error.what)},
          {"status", status},
          {"detail", scrub(error.why)},
          {"instance", scrub(instance)},
          {"code", code},
          {"next", scrub(error.next)},
          {"request_id", request_id}};
}

Error error_from_problem(int status, std::string_view body) {
  Error error;
  std::string code;
  if (const auto value = parse(body)) {
    ObjectReader in(*value, "the problem");
    in.required("title", error.what).optional("detail", error.why).optional("next", error.next);
    in.optional("code", code).ignore_others();
    if (in.finish()) {
      error.code = code.empty() ? errc_from_http(status) : code_of(code);
      return error;
    }
  }
  return {errc_from_http(status),
          "the server answered with HTTP status " + std::to_string(status),
          "its answer says nothing more",
          {}};
}

Errc errc_from_http(int status) {
  switch (status) {
    case 401:
      return Errc::kUnauthenticated;
    case 403:
    case 421:
      return Errc::kDenied;
    case 404:
    case 410:
      return Errc::kNotFound;
    case 408:
    case 504:
      return Errc::kTimeout;
    case 409:
    case 412:
      return Errc::kConflict;
    case 413:
    case 414:
    case 431:
      return Errc::kTooLarge;
    case 429:
      return Errc::kOverloaded;
    case 405:
    case 415:
    case 416:
    case 417:
    case 501:
    case 505:
      return Errc::kUnsupported;
    case 502:
    case 503:
      return Errc::kUnreachable;
    case 507:
      return Errc::kNoSpace;
    default:
      return status >= 400 && status < 500 ? Errc::kInvalidArgument : Errc::kInternal;
  }
}

}  // namespace shoal::json
