// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace shoal::overlay {

/// Bugs that can be planted into walk, to see that a property catches each. They exist only in the
/// test build of this folder (SHOAL_WALK_FAULTS); elsewhere the checks compile to nothing.
enum class WalkFault : std::uint8_t {
  kFaultless,
  kTurnsBack,      ///< `nbt` goes back where it came from like `simple`
  kOneStepMore,    ///< a walker makes one step more than it may
  kWalksPastHit,   ///< a walker that should stop where it finds something goes on
  kAsksAgain,      ///< a peer looks among its files at each visit
  kLosesTheEnd,    ///< a walker whose steps are used up ends without a word
  kHearsNoStop,    ///< the origin's word to stop is taken for one to go on
  kSharesItsDice,  ///< all walkers of a search draw the same numbers
  kFoundAfterEnd,  ///< hits are still handed out after the search has ended
};

#ifdef SHOAL_WALK_FAULTS
inline WalkFault planted_walk_fault = WalkFault::kFaultless;
inline bool planted(WalkFault fault) { return planted_walk_fault == fault; }
#else
constexpr bool planted(WalkFault) { return false; }
#endif

}  // namespace shoal::overlay
