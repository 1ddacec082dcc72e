// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace shoal::overlay {

/// Bugs that can be planted into dynamic queries; see overlay/flood/faults.h.
enum class DynamicFault : std::uint8_t {
  kFaultless,
  kForgetProbed,   ///< a neighbour that was probed is never asked further
  kAskAllAtOnce,   ///< after the probe all neighbours are asked together
  kIgnoreWanted,   ///< all is asked, whatever was found
  kAlwaysAllHops,  ///< each neighbour is asked with all hops
  kAskAgainAlike,  ///< a neighbour is asked again with the hops that it was asked with
  kTrustHorizon,   ///< peers that were asked are guessed, not counted
};

#ifdef SHOAL_FLOOD_FAULTS
inline DynamicFault planted_dynamic_fault = DynamicFault::kFaultless;
inline bool planted(DynamicFault fault) { return planted_dynamic_fault == fault; }
#else
constexpr bool planted(DynamicFault) { return false; }
#endif

}  // namespace shoal::overlay
