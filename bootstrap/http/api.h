// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proto/http/router.h"

namespace shoal::bootstrap {

/// Adds GET /v1/openapi.json, made of the routes that are in `router` and of what openapi/*.json
/// says about them; so it comes last. Errors: kInvalidArgument, naming a route that nobody
/// described.
Result<void> add_api(http::Router& router, const std::string& version);

/// The texts of openapi/*.json, put in by the build.
std::vector<std::string_view> api_texts();

}  // namespace shoal::bootstrap
