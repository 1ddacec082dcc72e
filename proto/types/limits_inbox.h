// SPDX-License-Identifier: Apache-2.0
// Limits of files that are put into inboxes, and what happens at each.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace shoal::limits {

/// What lies in the inbox: files that wait or are on their way (with their whole length from the
/// start), and those shared unasked. What does not fit is refused with kTooLarge: no quota empties
/// by itself as a disk may. Both are configured (`inbox.quota`, `inbox.friend_quota`); these are
/// the built-in values.
inline constexpr std::uint64_t kInboxQuota = std::uint64_t{10} << 30;
inline constexpr std::uint64_t kInboxGiverQuota = std::uint64_t{2} << 30;
/// Files of one giver that wait or are on their way; a further one is refused with kOverloaded.
inline constexpr std::size_t kInboxFilesPerGiver = 1000;
/// How long the part of a file that nobody sends any more is kept.
inline constexpr std::chrono::hours kInboxPartKept{7 * 24};
/// Bytes of a name in an offer; a longer one ends the call.
inline constexpr std::size_t kOfferName = 1024;

/// Bytes of a file in one message of a Put stream; so it stays below kRpcMessageIn.
inline constexpr std::uint32_t kPutChunk = 64 * 1024;
/// Messages of one Put stream that are read ahead of the disk: 2 MiB. Then the giver has to wait.
inline constexpr std::size_t kPutReadAhead = 32;
/// Put streams received at once, in all and of one giver; a further one is refused with
/// kOverloaded. Each holds one piece in memory, at most 16 MiB.
inline constexpr std::size_t kPutsReceivedMax = 8;
inline constexpr std::size_t kPutsReceivedPerGiver = 2;

/// Bytes of a file that are read at once, and sent at once as far as the rates allow: not more than
/// kRangeBytes.
inline constexpr std::size_t kPutReadBytes = 256 * 1024;
/// Files that are being put at once; a further one is refused with kOverloaded.
inline constexpr std::size_t kPutsMax = 16;
/// Ended puts that are still listed, after a restart too; the oldest goes.
inline constexpr std::size_t kPutsRemembered = 100;
/// A put whose friend cannot be reached, or has no place, is tried again after pauses that double
/// up to the second; when not a byte moved for kPutPatience, it fails. One whose friend's disk is
/// full is tried again every kPutPauseMax, and fails when not a byte moved for kPutRoomPatience: to
/// older peers a quota was a full disk, too.
inline constexpr std::chrono::milliseconds kPutPauseMin{500};
inline constexpr std::chrono::milliseconds kPutPauseMax{8'000};
inline constexpr std::chrono::milliseconds kPutPatience{60'000};
inline constexpr std::chrono::hours kPutRoomPatience{24};

/// Uploads by REST that run at once; a further one is refused with kOverloaded.
inline constexpr std::size_t kUploadsByRestMax = 8;
/// Bytes that an upload by REST hands to the disk at once.
inline constexpr std::size_t kUploadReadBytes = 256 * 1024;

}  // namespace shoal::limits
