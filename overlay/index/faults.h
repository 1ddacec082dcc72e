// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace shoal::overlay {

/// Bugs that can be planted into the one-hop index; see overlay/flood/faults.h.
enum class IndexFault : std::uint8_t {
  kFaultless,
  kForgetWords,       ///< of a file only the first word goes into the filter
  kForgetBeginnings,  ///< of a word only the whole goes into the filter
  kAnyWordWillDo,     ///< a neighbour is asked if it may have one of the words
  kNoWordWillDo,      ///< a neighbour that has a filter is spared, whatever is in it
  kKeepOldFilter,     ///< nobody is told that what is shared is another now
};

#ifdef SHOAL_FLOOD_FAULTS
inline IndexFault planted_index_fault = IndexFault::kFaultless;
inline bool planted(IndexFault fault) { return planted_index_fault == fault; }
#else
constexpr bool planted(IndexFault) { return false; }
#endif

}  // namespace shoal::overlay
