// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bootstrap/http/directory.h"
#include "proto/http/router.h"

namespace shoal::bootstrap {

/// The directory's REST: PUT, GET and DELETE /v1/peers/{id}, GET /v1/peers, GET
/// /v1/peers/{id}/suggestion, GET /healthz; see README.md. `directory` must outlive the router.
void add_routes(http::Router& router, Directory& directory);

}  // namespace shoal::bootstrap
