// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "proto/http/message.h"

namespace shoal::http {

/// The address that a request came from: `connection`, unless that is one of our `proxies`. Then
/// the last one in X-Forwarded-For that is none of them, since each proxy adds whom it heard it
/// from; what stands before that is the client's own word. A list that is not understood counts for
/// nothing beyond its last good entry. All numeric.
std::string client_address(const Request::Pairs& headers, const std::string& connection,
                           const std::vector<std::string>& proxies);

}  // namespace shoal::http
