// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace shoal::overlay {

/// Bugs that can be planted into flood, to see that a property catches each. They exist only in the
/// test build of this folder (SHOAL_FLOOD_FAULTS); elsewhere the checks compile to nothing.
enum class FloodFault : std::uint8_t {
  kFaultless,
  kDropDeeperCopies,    ///< `deepest` behaves like `classic`
  kForgetCorrection,    ///< a deeper copy's echo does not take the peer back from its old hop
  kAnswerEveryCopy,     ///< a peer looks up and answers once per useful copy
  kEchoBeforeChildren,  ///< a copy is answered at once, without waiting for its own copies
  kNoHopMargin,         ///< a child is given all the time that its parent has
  kForwardLastHop,      ///< a copy with one hop left is forwarded
  kRouteHitsByQuery,    ///< hits go up the query's newest copy, not their own
  kCompleteAnyway,      ///< a report claims to be complete when copies stayed open
  kFoundAfterFinished,  ///< hits are still handed out after the search has ended
  kForgetDeadLink,      ///< open copies over a dead link are taken for answered
  kSpareEarlier,        ///< neighbours are spared at any hop, not the last only
  kHideSpared,          ///< spared neighbours are not counted
  kForwardToAsker,      ///< a copy is forwarded to the peer it came from too
  kHoardEdges,          ///< each copy takes room for far more edges than there are links
  kCancelStrayHits,     ///< a hit that fits no copy is answered with a cancel
};

/// Bugs of searches that are made of several floods, in the same build.
enum class WavesFault : std::uint8_t {
  kFaultless,
  kForgetLastRing,      ///< no ring has the search's own TTL if its steps pass it by
  kGrowOnAndOn,         ///< rings go on though enough was found
  kRepeatHits,          ///< what an earlier ring found is handed out again
  kCountLastFloodOnly,  ///< a report has the counts of the last flood only
  kForgetDeadline,      ///< each flood has the time of a whole search
  kRenameAlways,        ///< each flood asks all peers anew, as if it had to
  kCompleteIfLastWas,   ///< a report is complete if its last flood was
};

#ifdef SHOAL_FLOOD_FAULTS
inline WavesFault planted_waves_fault = WavesFault::kFaultless;
inline bool planted(WavesFault fault) { return planted_waves_fault == fault; }
inline FloodFault planted_flood_fault = FloodFault::kFaultless;
inline bool planted(FloodFault fault) { return planted_flood_fault == fault; }
#else
constexpr bool planted(FloodFault) { return false; }
constexpr bool planted(WavesFault) { return false; }
#endif

}  // namespace shoal::overlay
