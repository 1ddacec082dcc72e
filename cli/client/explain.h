// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "proto/json/search.h"

namespace shoal::client {

/// The report of a search in words, a line each: why it ended, who was asked at which hop, copies
/// and duplicates, what was cut and by what, and through which first friends it went.
std::vector<std::string> explain(const json::NamedReport& named);

/// What to try after a search without hits.
std::string hint(const json::NamedReport& named);

}  // namespace shoal::client
