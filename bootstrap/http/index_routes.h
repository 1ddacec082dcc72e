// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bootstrap/http/directory_index.h"
#include "proto/http/router.h"

namespace shoal::bootstrap {

/// PUT, PATCH and GET /v1/index, GET /v1/search; see README.md. `index` must outlive the router;
/// null: all of them are refused in words.
void add_index_routes(http::Router& router, DirectoryIndex* index);

}  // namespace shoal::bootstrap
