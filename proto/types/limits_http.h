// SPDX-License-Identifier: Apache-2.0
// Limits of a REST server. What one request may be stands in limits.h.
#pragma once

#include <cstddef>
#include <cstdint>

namespace shoal::limits {

/// Bytes of requests that have begun and not ended, of all connections of a server; over it the one
/// that has been on its way for longest is cut. Honest requests take milliseconds, so it is theirs
/// only when these fill it by themselves.
inline constexpr std::size_t kHttpUnfinishedBytes = std::size_t{1024} * 1024;
/// Bytes of requests that are whole and not answered yet, or about to be thrown away; over it
/// nothing more is read, and waits with its sender.
inline constexpr std::size_t kHttpUnansweredBytes = std::size_t{512} * 1024;
/// Requests of a server that are being answered, those of heavy routes apart: so many answers are
/// in memory before they are written. More: nothing is read meanwhile.
inline constexpr std::size_t kHttpAtWork = 8;
/// Bytes of answers that wait for their clients to read on; over it the one that has waited for
/// longest since it read some is cut. A single one may be longer. Streams and files are not among
/// them: no more of those is in memory than is being written.
inline constexpr std::size_t kHttpUnreadBytes = std::size_t{1024} * 1024;
/// What of an answer a client must have read to be spared once when it is asked again before it has
/// read on: more than the smallest buffer of a kernel, which fills without a reader.
inline constexpr std::uint64_t kHttpReaderSpared = std::uint64_t{8} * 1024;
/// At most so much of what it has read counts for that.
inline constexpr std::uint64_t kHttpReaderCredit = 8 * kHttpReaderSpared;
/// Connections that were accepted and have no place yet; more wait in the kernel. Some 3 us each to
/// accept, so nobody who has asked waits for long behind those that have not.
inline constexpr std::size_t kHttpNewcomers = 1024;
/// Connections that are told why they are not served; a further one is closed without a word.
inline constexpr std::size_t kHttpTurnedAway = 64;

}  // namespace shoal::limits
