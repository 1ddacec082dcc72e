// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json.hpp>
#include <string>

#include "cli/client/context/context.h"

namespace shoal::client {

/// Posts what makes the daemon scan, shows its progress and prints what came of it. 8 when some of
/// it could not be shared.
Result<int> scan(Context& context, const std::string& path, const boost::json::object& body);

}  // namespace shoal::client
