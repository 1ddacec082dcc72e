// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>

#include "proto/http/router.h"

namespace shoal::http {

/// A route by its name, "POST" "/v1/sessions".
struct RouteName {
  std::string_view method;
  std::string_view path;
};

/// Makes of a request in the alias's words one in those of the route that answers. Its method and
/// path stay as they were sent. Errors: the answer.
using Rewrite = std::function<Result<void>(Request& request)>;

/// Answers `alias` as `route` is answered, with that one's options, after `rewrite` (may be empty).
/// Requires that `route` is there, without {names}, and no stream.
void add_alias(Router& router, RouteName alias, RouteName route, Rewrite rewrite = {});

}  // namespace shoal::http
