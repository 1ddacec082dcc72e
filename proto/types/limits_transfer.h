// SPDX-License-Identifier: Apache-2.0
// More limits of transfers: what is kept in memory for speed.
#pragma once

#include <cstddef>

namespace shoal::limits {

/// Messages of one source that are read ahead of the download's strand, a chunk each; then the
/// source has to wait.
inline constexpr std::size_t kFetchReadAhead = 4;

/// Blocks of memory up to this size are taken from what was freed before, instead of fresh from the
/// kernel; room for the largest piece. The most that glibc takes here.
inline constexpr int kMallocMmapBytes = 32 * 1024 * 1024;
/// Freed memory at the end of a heap that is not given back.
inline constexpr int kMallocTrimBytes = 32 * 1024 * 1024;

}  // namespace shoal::limits
