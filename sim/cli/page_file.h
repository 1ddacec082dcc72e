// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "proto/types/result.h"

namespace shoal::sim::cli {

/// Writes an HTML page as a whole or not at all, in place of an older page. Makes its folder.
/// Errors: kInvalidArgument (it cannot be written; there is a file that is no page).
Result<void> write_page(const std::string& path, const std::string& page);

}  // namespace shoal::sim::cli
