// SPDX-License-Identifier: Apache-2.0
// For builds with sanitizers, which watch malloc.
#include "sim/memory/small_memory.h"

namespace shoal::sim {

void release_small_memory() {}
std::size_t spare_small_memory() { return 0; }
std::size_t small_memory_bytes() { return 0; }

}  // namespace shoal::sim
