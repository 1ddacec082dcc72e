// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace shoal::sim {

/// Bugs that can be planted into the engine, to see that the comparison with the world catches
/// each. They exist only in a test build of this folder (SHOAL_ENGINE_FAULTS); elsewhere the checks
/// compile to nothing.
enum class EngineFault : std::uint8_t {
  kFaultless,
  kUnsorted,         ///< a peer's parcels of one window are taken as they lie
  kLongWindow,       ///< windows are twice as long as the smallest delay
  kOldFrames,        ///< frames of an old incarnation are delivered
  kLateActions,      ///< the world acts after the window in which it should
  kUrgentLast,       ///< what a peer lets happen to itself at once waits for its window's end
  kWorldSendsFirst,  ///< what is sent between windows is collected before what was sent in them
};

#ifdef SHOAL_ENGINE_FAULTS
inline EngineFault planted_engine_fault = EngineFault::kFaultless;
inline bool planted(EngineFault fault) { return planted_engine_fault == fault; }
#else
constexpr bool planted(EngineFault) { return false; }
#endif

}  // namespace shoal::sim
