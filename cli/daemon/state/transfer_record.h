// SPDX-License-Identifier: Apache-2.0
// Ended downloads of files and of folders, as the state database keeps them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "transfer/host/folder/folder_manager.h"

namespace shoal::daemon {

/// One JSON object, for eyes that look into the database as well.
std::string to_record(const transfer::DownloadStatus& status);
/// None when it cannot be read: then that row of the list is lost, nothing else.
std::optional<transfer::DownloadStatus> from_record(std::string_view text);

std::string to_record(const transfer::FolderStatus& folder);
std::optional<transfer::FolderStatus> ended_folder_from_record(std::string_view text);

}  // namespace shoal::daemon
