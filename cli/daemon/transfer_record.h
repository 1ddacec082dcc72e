// SPDX-License-Identifier: Apache-2.0
// An ended download as the state database keeps it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "transfer/host/download_manager.h"

namespace shoal::daemon {

/// One JSON object, for eyes that look into the database as well.
std::string to_record(const transfer::DownloadStatus& status);
/// None when it cannot be read: then that row of the list is lost, nothing else.
std::optional<transfer::DownloadStatus> from_record(std::string_view text);

}  // namespace shoal::daemon
