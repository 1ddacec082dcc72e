// SPDX-License-Identifier: Apache-2.0
// Messages that nobody has asked for. Internal to this folder.
#pragma once

#include <cstdint>

#include "proto/types/ids.h"
#include "proto/types/message.h"

namespace shoal::sim {

/// A message that no peer of any overlay may send; `which` says of what sort, and all its numbers.
Message malformed(OverlayId overlay, std::uint32_t which);
/// An answer or a cancel of a query that there never was.
Message unsolicited(OverlayId overlay, std::uint32_t which);

}  // namespace shoal::sim
