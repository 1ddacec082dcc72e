// SPDX-License-Identifier: Apache-2.0
// More limits of the library: how much at once.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace shoal::limits {

/// Files that match a search by words and are looked at, the newest first; further ones are neither
/// ranked nor counted, so that a word of every file costs no more than a rare one.
inline constexpr std::size_t kMatchesLooked = 256;

/// Files, and pieces of them, that wait to be hashed or are being hashed; then the walk waits. One
/// file is always allowed.
inline constexpr std::size_t kHashFilesAhead = 64;
inline constexpr std::size_t kHashPiecesAhead = 4096;
/// What each thread that hashes reads at once.
inline constexpr std::size_t kHashReadBytes = 256 * 1024;
/// How often the scanning thread looks up while helpers hash the last pieces.
inline constexpr std::chrono::milliseconds kHashLook{20};
/// Threads that hash for a scan; no more than there are cores.
inline constexpr unsigned kHashThreads = 8;

/// Folders of shares that are watched; changes in further ones are found by the scans of all. Each
/// takes about a kilobyte of the kernel's memory.
inline constexpr std::size_t kWatchesMax = 65'536;
/// Changed parts of one share that are told apart; with more, all of it counts as changed.
inline constexpr std::size_t kChangesMax = 64;
/// Changes are looked at when it was quiet for so long, or so long after the first one.
inline constexpr std::chrono::milliseconds kWatchQuiet{300};
inline constexpr std::chrono::milliseconds kWatchLongest{5'000};

}  // namespace shoal::limits
