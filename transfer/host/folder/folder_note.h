// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shoal::transfer {

/// How far a folder is that its user paused.
struct FolderPause {
  std::uint64_t files_total = 0;  ///< 0: its list was not here yet, and so for the others
  std::uint64_t files_selected = 0;
  std::uint64_t files_done = 0;
  std::uint64_t bytes_total = 0;
  std::uint64_t bytes_done = 0;
  friend bool operator==(const FolderPause&, const FolderPause&) = default;
};

/// What a folder's download keeps for the next process.
struct FolderNote {
  std::string name;                                  ///< safe
  std::vector<std::string> only;                     ///< patterns
  std::string placing;                               ///< the name that it is about to get; or empty
  std::uint64_t id = 0;                              ///< the number that users know it by
  std::optional<FolderPause> paused = std::nullopt;  ///< until its user says otherwise
};

std::string to_text(const FolderNote& note);
/// None: it is damaged.
std::optional<FolderNote> read_folder_note(std::string_view text);

}  // namespace shoal::transfer
