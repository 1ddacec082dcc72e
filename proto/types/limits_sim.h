// SPDX-License-Identifier: Apache-2.0
// The limits of the simulator; part of limits.h.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "proto/types/time.h"

namespace shoal::limits {

/// Threads of one engine; more: refused.
inline constexpr unsigned kSimThreadsMax = 256;
/// Heaps that glibc makes for a simulator's threads. With one for each, every one of them kept 28
/// to 200 KiB of what its thread once needed, and nothing gives the end of such a heap back.
inline constexpr int kSimMallocHeaps = 1;
/// Peers of one topology, and its links (both ends of each have a 32-bit number); more: refused.
inline constexpr std::uint32_t kSimPeersMax = 100'000'000;
inline constexpr std::uint64_t kGraphLinksMax = (std::uint64_t{1} << 31) - 1;
/// A line of an edge list or of a matrix in bytes; longer: refused.
inline constexpr std::size_t kSimLineBytes = 64 * 1024;
/// Places of a matrix of delays; more: refused.
inline constexpr std::uint32_t kMatrixPlacesMax = 4096;
/// The longest delay that a simulated network is made from; longer: refused.
inline constexpr Duration kSimDelayMax = std::chrono::minutes(1);
/// How many microseconds a simulated peer's clock gains or loses in a second; more: refused.
inline constexpr std::int32_t kClockSkewMax = 200'000;

/// How long a simulated peer tries to reach one that is not there, if not told otherwise.
inline constexpr Duration kSimDialFails = std::chrono::seconds(1);

}  // namespace shoal::limits
