// SPDX-License-Identifier: Apache-2.0
// Limits of single overlays, by overlay. Those that all share are in limits.h, which brings this
// file along.
#pragma once

#include <cstddef>
#include <cstdint>

namespace shoal::limits {

/// Parameters that one overlay may have: a search carries that many numbers.
inline constexpr std::size_t kOverlayParametersMax = 8;

}  // namespace shoal::limits
