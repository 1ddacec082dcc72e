// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shoal::transfer {

/// What a folder's download keeps for the next process.
struct FolderNote {
  std::string name;               ///< safe
  std::vector<std::string> only;  ///< patterns
  std::string placing;            ///< the name that it is about to get; or empty
};

std::string to_text(const FolderNote& note);
/// None: it is damaged.
std::optional<FolderNote> read_folder_note(std::string_view text);

}  // namespace shoal::transfer
