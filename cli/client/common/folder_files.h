// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/client/context/context.h"
#include "proto/types/result.h"

namespace shoal::client {

/// Prints what a folder that the daemon fetches has in it, a row each.
Result<void> print_folder_files(Context& context, const std::string& id);

}  // namespace shoal::client
