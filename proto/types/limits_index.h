// SPDX-License-Identifier: Apache-2.0
// Limits of a directory's file index.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace shoal::limits {

/// Files that one update of an index adds or removes, together: what one signature covers. More:
/// refused; peers send several updates.
inline constexpr std::size_t kIndexUpdate = 256;
/// The body of an update in bytes; longer: 413.
inline constexpr std::size_t kIndexBody = std::size_t{256} * 1024;
/// Files of one peer in a directory's index; a peer with more publishes the first of them, in the
/// order of their ids, and says how many it left out. An update beyond is refused with kTooLarge.
inline constexpr std::uint64_t kIndexPerPeer = 10'000;
/// Files of all peers in an index; an update that needs more is refused with kOverloaded.
inline constexpr std::uint64_t kIndexMax = std::uint64_t{1} << 21;
/// How long what a peer signed about its files is believed, by the clock of whoever reads it; older
/// is left out of what a search shows. Peers publish anew after half of it.
inline constexpr std::chrono::hours kIndexValidity{24};
/// How far the clock of who signs may be ahead or behind at the directory; else refused.
inline constexpr std::chrono::hours kIndexClock{2};
/// Files in one page of a search or of a listing: when not asked for otherwise, and at most.
inline constexpr std::size_t kFoundPage = 50;
inline constexpr std::size_t kFoundPageMax = 200;
/// Searches of one address at once, refilled by so many per second; above: kOverloaded.
inline constexpr std::uint32_t kSearchesBurst = 512;
inline constexpr std::uint32_t kSearchesPerSecond = 128;
/// The text of a search in bytes; longer: refused.
inline constexpr std::size_t kFoundQuery = 1024;
/// Times that a search goes on past files whose owners have just gone; then its page is short.
inline constexpr int kFoundTries = 4;
/// Files of ended leases that are deleted at once; searches wait no longer than for that.
inline constexpr std::size_t kIndexPurge = 200;
/// Changes of a library are gathered for so long before they are published.
inline constexpr std::chrono::milliseconds kPublishDelay{300};
/// Pause before an update that failed is tried again; doubled each time up to the second.
inline constexpr std::chrono::milliseconds kPublishRetryMin{1'000};
inline constexpr std::chrono::milliseconds kPublishRetryMax{30'000};
/// How long a request waits until all is published; then kTimeout, and it goes on.
inline constexpr std::chrono::seconds kPublishWait{20};
/// Pages of answers that one search takes from a directory; what is beyond is not asked for.
inline constexpr std::size_t kFoundPages = 8;

}  // namespace shoal::limits
