// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "overlay/core/registry.h"

namespace shoal::tests {

/// An overlay that does at random all that one may do in an open network, for a while: it speaks to
/// peers without a link, passes contacts on, dials, hangs up, lists its shares and offends.
inline constexpr OverlayId kChatter{200};

/// Flood and the chatter.
std::span<const overlay::OverlayEntry> talkative();

}  // namespace shoal::tests
