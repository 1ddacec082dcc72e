// SPDX-License-Identifier: Apache-2.0
// Puts, those that run and those that have ended, as the state database keeps them over restarts.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "transfer/host/put/put_manager.h"

namespace shoal::daemon {

/// One JSON array, for eyes that look into the database as well; empty when there are none.
std::string to_record(const std::vector<transfer::PutRequest>& puts);
/// Those of them that can be read, at most limits::kPutsMax.
std::vector<transfer::PutRequest> puts_from_record(std::string_view text);

/// One that has ended, as a JSON object.
std::string ended_to_record(const transfer::PutStatus& put);
/// None when it cannot be read: then that row of the list is lost, nothing else.
std::optional<transfer::PutStatus> ended_put_from_record(std::string_view text);

}  // namespace shoal::daemon
