// SPDX-License-Identifier: Apache-2.0
#include "sim/engine/threads.h"

#include <system_error>

namespace shoal::sim {

std::vector<std::jthread> start_threads(unsigned wanted,
                                        const std::function<void(unsigned)>& work) {
  std::vector<std::jthread> out;
  out.reserve(wanted);
  try {
    for (unsigned i = 0; i < wanted; ++i) out.emplace_back(work, i);
  } catch (const std::system_error& refused) {
    // The caller works as well, so whatever it is comes to its end.
  }
  return out;
}

}  // namespace shoal::sim
