// SPDX-License-Identifier: Apache-2.0
// Limits of single overlays, by overlay. Those that all share are in limits.h, which brings this
// file along.
#pragma once

#include <cstddef>
#include <cstdint>

namespace shoal::limits {

/// Parameters that one overlay may have: a search carries that many numbers.
inline constexpr std::size_t kOverlayParametersMax = 8;

// ---- walk ------------------------------------------------------------------------------------

/// Walkers of one search, and steps of one walker; more: refused at the origin, rejected on the
/// way.
inline constexpr std::uint32_t kWalkersMax = 64;
inline constexpr std::uint32_t kWalkStepsMax = 4096;
/// Walkers that stand at one peer, waiting for its lookup or for their origin's word; a further one
/// ends there (`refused`).
inline constexpr std::size_t kWalkersStanding = 1024;
/// Questions to origins that one peer has passed on and that are open; a further one is answered
/// with a refusal, which ends its walker.
inline constexpr std::size_t kWalkQuestions = 1024;
/// Times that walkers of one query come by one peer, and questions of that query that it passes on;
/// the next walker ends there (`refused`).
inline constexpr std::uint32_t kWalkVisitsMax = 16'384;

}  // namespace shoal::limits
