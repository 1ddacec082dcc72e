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
};

#ifdef SHOAL_FLOOD_FAULTS
inline FloodFault planted_flood_fault = FloodFault::kFaultless;
inline bool planted(FloodFault fault) { return planted_flood_fault == fault; }
#else
constexpr bool planted(FloodFault) { return false; }
#endif

}  // namespace shoal::overlay
