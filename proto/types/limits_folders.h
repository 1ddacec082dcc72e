// SPDX-License-Identifier: Apache-2.0
// Limits of links, and of folders that are one thing.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace shoal::limits {

/// The longest link that is read or printed, in bytes; sources that do not fit are left out.
inline constexpr std::size_t kLinkBytes = 16 * 1024;
/// Sources in a link; one with more is refused.
inline constexpr std::size_t kLinkSources = 16;

/// Files and empty folders in one folder that is shared or fetched as one thing. A larger one is
/// shared file by file only, and refused by who would fetch it.
inline constexpr std::size_t kListingEntries = 100'000;
/// Bytes of a folder's list; a longer one: as above.
inline constexpr std::uint64_t kListingBytes = 32 * 1024 * 1024;
/// Bytes of one path in it; a longer one: as above.
inline constexpr std::size_t kListingPath = 2048;
/// Bytes of all its files together; more: as above.
inline constexpr std::uint64_t kFolderBytesMax = std::uint64_t{1} << 50U;
/// Lists of folders as they were when somebody was given them, and bytes of all; the one that
/// nobody asked for longest goes, and its id is not known here any more.
inline constexpr std::size_t kListsGiven = 64;
inline constexpr std::uint64_t kListsGivenBytes = 64 * 1024 * 1024;
/// Lists of shared folders that stay in memory after they were asked for, and bytes of all, until
/// something that is shared changes; the one that nobody asked for longest goes, and is made again.
inline constexpr std::size_t kListsHeld = 4;
inline constexpr std::uint64_t kListsHeldBytes = kListingBytes;
/// Shared folders that a search looks at, the newest that match.
inline constexpr std::size_t kFolderMatchesLooked = 256;
/// Files of one folder that are fetched at once, not counting those that nobody has at the moment.
inline constexpr std::size_t kFolderFilesAtOnce = 8;
/// Folders that are fetched at once; a further one is refused with kOverloaded.
inline constexpr std::size_t kFoldersAtOnce = 8;
/// Folders that the user paused; a further one is refused with kOverloaded, and one that an earlier
/// process left stays on the disk as it is.
inline constexpr std::size_t kFoldersPaused = 64;
/// How old the sources of a folder may be before they are asked for anew; their keys admit us for
/// kQueryKeyTime.
inline constexpr std::chrono::minutes kFolderSourcesAge{4};
/// How long a folder without sources waits for who has its list before each file is searched alone:
/// the slowest way of asking may take minutes.
inline constexpr std::chrono::milliseconds kFolderSourcesWait{5'000};
/// Ended folders that are still listed, after a restart too; the oldest goes. Of the newest so many
/// the files too, until then.
inline constexpr std::size_t kFoldersRemembered = 64;
inline constexpr std::size_t kFolderFilesRemembered = 4;
/// Patterns that select files of a folder, and bytes in one; more: refused.
inline constexpr std::size_t kSelectionPatterns = 64;
inline constexpr std::size_t kSelectionBytes = 1024;

}  // namespace shoal::limits
