// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace shoal::tests {

/// What operator new has given out and nobody has given back, of all threads. A program that links
/// this gets both operators from here; what asks for more than the usual alignment is not counted.
std::size_t live_bytes();

}  // namespace shoal::tests
