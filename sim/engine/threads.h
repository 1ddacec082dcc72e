// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <thread>
#include <vector>

namespace shoal::sim {

/// Starts threads that call `work(number)`, numbered from 0: `wanted` of them, or as many as the
/// system grants (it may have a limit of its own). What they do must end with fewer as well.
[[nodiscard]] std::vector<std::jthread> start_threads(unsigned wanted,
                                                      const std::function<void(unsigned)>& work);

}  // namespace shoal::sim
