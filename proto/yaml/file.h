// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "proto/types/result.h"

namespace shoal::yaml {

/// What stands in a configuration file; nothing when there is none, unless it `must_exist`. Of one
/// that is longer than limits::kConfigBytes little more than that is read.
/// Errors: kConfig (it is a folder, or cannot be read), with what to do `next`.
Result<std::optional<std::string>> read_file(const std::string& path, bool must_exist,
                                             const std::string& next);

}  // namespace shoal::yaml
