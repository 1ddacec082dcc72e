// SPDX-License-Identifier: Apache-2.0
// What a head that the front let pass says, read by ourselves: cpp-httplib decodes %XX in the
// values of headers, where it means nothing, and of "a=b=c" in a query keeps the c only.
#pragma once

#include <optional>
#include <string_view>

#include "proto/http/message.h"

namespace shoal::http {

/// The headers below the request line, in the order of writing. Requires a head of RequestFront's.
Request::Pairs headers_of(std::string_view head);

/// The query of a target, decoded, in the order of writing; a '+' is a blank, and a part without a
/// '=' has an empty value. None when a '%' begins no byte, or NUL.
std::optional<Request::Pairs> query_of(std::string_view target);

}  // namespace shoal::http
