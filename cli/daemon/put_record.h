// SPDX-License-Identifier: Apache-2.0
// Puts that have not ended, as the state database keeps them over restarts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "transfer/host/put_manager.h"

namespace shoal::daemon {

/// One JSON array, for eyes that look into the database as well; empty when there are none.
std::string to_record(const std::vector<transfer::PutRequest>& puts);
/// Those of them that can be read, at most limits::kPutsMax.
std::vector<transfer::PutRequest> puts_from_record(std::string_view text);

}  // namespace shoal::daemon
