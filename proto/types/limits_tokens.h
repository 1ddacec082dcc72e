// SPDX-License-Identifier: Apache-2.0
// Limits of a peer's public port (cli/daemon); see limits.h.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace shoal::limits {

/// Tokens that a peer's owner may give out; more: refused until one is revoked.
inline constexpr std::size_t kTokensMax = 64;
/// Bytes of a token's name; more: refused.
inline constexpr std::size_t kTokenName = 64;
/// The longest that a short route waits for the end of its search; then it answers what it has.
inline constexpr std::chrono::milliseconds kShortSearch{10'000};

/// Searches of one token holder that are kept, and of all together, beside the kSearchesKept of the
/// owner: the oldest of them that has ended goes; while all run, a further one is kOverloaded.
inline constexpr std::size_t kTokenSearches = 8;
inline constexpr std::size_t kGuestSearches = 32;
/// Downloads that one token holder may begin within kTokenWindow, and their bytes together; a
/// further one is kOverloaded. So many are remembered as his, the newest; older ones are the
/// owner's alone.
inline constexpr std::size_t kTokenDownloads = 256;
inline constexpr std::uint64_t kTokenDownloadBytes = std::uint64_t{64} << 30U;
inline constexpr std::chrono::seconds kTokenWindow{24 * 60 * 60};
/// Uploads of one token holder that run at once; a further one is kOverloaded. What waits in the
/// inbox, and how many files, is bounded as a friend's is (limits_inbox.h).
inline constexpr std::size_t kTokenUploads = 4;

}  // namespace shoal::limits
