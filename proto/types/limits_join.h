// SPDX-License-Identifier: Apache-2.0
// Limits of joining an open network (cli/config, cli/daemon); see limits.h.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace shoal::limits {

/// Peers by whom to join an open network, and neighbours wanted there; more: refused.
inline constexpr std::size_t kConfigJoinMax = 64;
inline constexpr std::uint32_t kConfigActiveMax = 24;
/// How often a peer without neighbours tries to join its open network again: soon at first, each
/// time twice as long after.
inline constexpr std::chrono::milliseconds kJoinPauseMin{1000};
inline constexpr std::chrono::milliseconds kJoinPauseMax{60'000};
/// How long a peer is waited for that is to say who it is.
inline constexpr std::chrono::milliseconds kJoinAnswerTime{5000};
/// Bytes of what it says; more: refused.
inline constexpr std::size_t kPeerAnswerBytes = 16 * 1024;

}  // namespace shoal::limits
