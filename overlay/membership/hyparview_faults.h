// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace shoal::overlay {

/// Bugs that can be planted into HyParView, to see that a property catches each. They exist only in
/// a test build of this folder (SHOAL_HYPARVIEW_FAULTS); elsewhere the checks compile to nothing.
enum class HyParViewFault : std::uint8_t {
  kFaultless,
  kKeepAll,         ///< a full active view takes one more without letting one go
  kEvictFriends,    ///< friends are let go like others
  kKeepHalfLinks,   ///< a link that only the other end wants stays up
  kKeepOldLinks,    ///< the link of whoever is let go stays up
  kKnowNeighbours,  ///< neighbours are put into the passive view too
  kForgetBound,     ///< the passive view takes all that is shuffled in
  kTakeAnyReply,    ///< replies of shuffles that nobody made are taken
  kForgetRelease,   ///< handles that are no longer used stay kept
};

#ifdef SHOAL_HYPARVIEW_FAULTS
inline HyParViewFault planted_hyparview_fault = HyParViewFault::kFaultless;
inline bool planted(HyParViewFault fault) { return planted_hyparview_fault == fault; }
#else
constexpr bool planted(HyParViewFault) { return false; }
#endif

}  // namespace shoal::overlay
