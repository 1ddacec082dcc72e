// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "proto/types/limits.h"
#include "proto/types/limits_folders.h"
#include "proto/types/limits_transfer.h"

namespace shoal::transfer {

/// How long things may take: the limits, unless somebody is in a hurry. All above 0.
struct TransferTimes {
  std::chrono::milliseconds silence = limits::kTransferSilence;
  std::chrono::milliseconds gate_recheck = limits::kGateRecheck;
  std::chrono::milliseconds seek_pause_min = limits::kSeekPauseMin;
  std::chrono::milliseconds seek_pause_max = limits::kSeekPauseMax;
  std::chrono::milliseconds widen_pause_min = limits::kWidenPauseMin;
  std::chrono::milliseconds widen_pause_max = limits::kWidenPauseMax;
  std::chrono::milliseconds stall_time = limits::kStallTime;
  std::chrono::milliseconds stall_pause_min = limits::kStallPauseMin;
  std::chrono::milliseconds stall_pause_max = limits::kStallPauseMax;
  std::chrono::milliseconds room_pause = limits::kRoomPause;  ///< of folders
  std::chrono::milliseconds folder_sources_wait = limits::kFolderSourcesWait;
};

}  // namespace shoal::transfer
