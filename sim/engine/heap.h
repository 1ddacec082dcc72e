// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace shoal::sim {

/// Bytes of this process that are in memory now and that no file stands for: heaps, stacks and
/// variables, not the program's code, of which the pages come as they are first run. What a network
/// takes is how much this grows: the one definition for `bench` and `run`. 0 where Linux does not
/// say.
std::size_t bytes_held();

/// Gives back to the system what malloc keeps of what was freed. Any thread. Nothing under a
/// sanitizer, whose malloc is another one.
void trim_heap();

}  // namespace shoal::sim
