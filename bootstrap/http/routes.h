// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bootstrap/http/directory.h"
#include "bootstrap/http/directory_index.h"
#include "proto/http/router.h"

namespace shoal::bootstrap {

/// The directory's REST: PUT, GET and DELETE /v1/peers/{id}, GET /v1/peers, GET
/// /v1/peers/{id}/suggestion, GET /healthz; see README.md. `directory` must outlive the router.
/// Answers to leases say how far `index` is with that peer's files; null: there is no index.
void add_routes(http::Router& router, Directory& directory, DirectoryIndex* index = nullptr);

}  // namespace shoal::bootstrap
