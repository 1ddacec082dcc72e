// SPDX-License-Identifier: Apache-2.0
// Limits of single overlays, by overlay. Those that all share are in limits.h, which brings this
// file along.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "proto/types/time.h"

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

// ---- one-hop index ---------------------------------------------------------------------------

/// Bits of a filter, as a power of two; in more no peer puts its keywords, and one that comes is
/// rejected.
inline constexpr unsigned kIndexFilterLog2Max = 16;
/// Bits that a filter sets for one keyword.
inline constexpr unsigned kIndexHashes = 6;
/// Keywords and content ids of one peer; with more it has no filter and is always asked.
inline constexpr std::size_t kIndexKeywordsMax = 16'384;
/// Files in one page of the list that a filter is made from.
inline constexpr std::size_t kIndexListPage = 256;
/// How long changes of what is shared are gathered, with no filter out, before the next one.
inline constexpr Duration kIndexRebuildTime = std::chrono::seconds(2);

// ---- HyParView (membership) ------------------------------------------------------------------

/// How often a peer shuffles its passive view, and asks anew when it lacks neighbours.
inline constexpr Duration kShuffleCycle = std::chrono::seconds(10);
/// How long a peer waits for the answer of one that it asked to be a neighbour, for the link of one
/// that may be, and for the reply of a shuffle; then it goes on without.
inline constexpr Duration kNeighborWait = std::chrono::seconds(8);
/// Neighbours that others may force upon a peer whose view is full, at once, and how soon one more;
/// above: they are turned down, so that nobody can replace all its neighbours in a moment.
inline constexpr std::uint8_t kForcedNeighbors = 32;
inline constexpr Duration kForcedNeighborEvery = std::chrono::milliseconds(250);
/// The views of one peer; more: refused.
inline constexpr std::uint32_t kActiveViewMax = 64;
inline constexpr std::uint32_t kPassiveViewMax = 1024;

}  // namespace shoal::limits
