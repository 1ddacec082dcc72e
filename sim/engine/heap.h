// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace shoal::sim {

/// Gives back to the system what malloc keeps of what was freed. Any thread. Nothing under a
/// sanitizer, whose malloc is another one.
void trim_heap();

}  // namespace shoal::sim
