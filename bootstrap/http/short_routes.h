// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "proto/http/router.h"

namespace shoal::bootstrap {

/// The short routes of the systems that this one replaces, each another spelling of a route under
/// /v1: POST /register /login /logout /index, PUT /loadfiles, GET /index /search /peers. JSON may
/// say `user nombre ip peerPort url api_url archivos archivo`, too. See docs/replaced-systems.md.
/// Requires the routes of accounts, peers and index in `router`.
void add_short_routes(http::Router& router);

}  // namespace shoal::bootstrap
