// SPDX-License-Identifier: Apache-2.0
// Error in JSON: as shoal/error/1 in streams and on a terminal, as problem+json (RFC 9457) in REST.
#pragma once

#include <boost/json.hpp>
#include <string_view>

#include "proto/types/result.h"

namespace shoal::json {

/// {schema, code, what, why, next}.
boost::json::object to_json(const Error& error);

/// The error that a shoal/error/1 object holds. A code we do not know becomes kInternal.
/// Errors: kInvalidArgument (it is none).
Result<Error> error_from_json(const boost::json::object& object);

/// {type, title = what, status, detail = why, instance, code, next, request_id}.
boost::json::object problem(const Error& error, int status, std::string_view instance,
                            std::string_view request_id);

/// The error that a body of problem+json holds; of another body, one made of the status alone.
Error error_from_problem(int status, std::string_view body);

/// The code that fits an HTTP status best.
Errc errc_from_http(int status);

}  // namespace shoal::json
