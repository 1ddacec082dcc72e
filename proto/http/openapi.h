// SPDX-License-Identifier: Apache-2.0
// What a server's routes are, as an OpenAPI 3.1 document made of its own table of routes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proto/http/router.h"

namespace shoal::http {

/// A row of the limits' table, as descriptions call it: "@peers_page_max".
struct NamedLimit {
  std::string_view name;
  std::uint64_t value = 0;
};

/// What is said about a server's routes. The texts are objects {schemas, routes} as README.md of
/// proto/http/openapi says; they hold no number of the limits' table, only its names.
struct ApiTexts {
  std::string title;
  std::string summary;
  std::string version;
  std::vector<std::string_view> texts;
  std::vector<NamedLimit> limits;
  bool tokens = false;  ///< routes that are not open need the server's bearer token
  bool whole = true;    ///< every route that is described must be there
};

/// The OpenAPI 3.1 document of all routes in `router`, and the schemas that they use.
/// Errors: kInvalidArgument, naming a route without description, a description without route or
/// part of the path, or an unknown name.
Result<std::string> describe(const Router& router, const ApiTexts& api);

/// Adds GET /v1/openapi.json, which answers anybody with the document of `router` as it is then,
/// itself included. Errors: those of describe(); a program with a route that nobody described does
/// not start.
Result<void> add_openapi(Router& router, ApiTexts api);

/// What all servers here have in common, which add_openapi() adds: problems, ids, its own route.
std::vector<std::string_view> openapi_common();

}  // namespace shoal::http
