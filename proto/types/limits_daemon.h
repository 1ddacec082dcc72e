// SPDX-License-Identifier: Apache-2.0
// More limits of the daemon.
#pragma once

#include <chrono>

namespace shoal::limits {

/// How long a daemon that is told over REST to stop goes on, so that the answer is out by then.
inline constexpr std::chrono::milliseconds kFarewellTime{100};

}  // namespace shoal::limits
