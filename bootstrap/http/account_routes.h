// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bootstrap/http/accounts_desk.h"
#include "proto/http/router.h"

namespace shoal::bootstrap {

/// The directory's REST of users: POST /v1/users, GET /v1/users/{name}, POST, GET and DELETE
/// /v1/sessions; see README.md. `desk` must outlive the router.
void add_account_routes(http::Router& router, AccountsDesk& desk);

}  // namespace shoal::bootstrap
