// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace shoal::config {

/// Looks a variable up; none when it is not set.
using Environment = std::function<std::optional<std::string>(const char* name)>;

/// The one of this process.
Environment process_environment();

}  // namespace shoal::config
