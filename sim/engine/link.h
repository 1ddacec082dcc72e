// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "proto/types/message.h"
#include "proto/types/time.h"

namespace shoal::sim {

/// How long messages take, each way: a constant, and up to `jitter` more, drawn anew for each
/// message (which still never overtakes the one before it on the same link).
struct LinkDelay {
  Duration there{};  ///< from the first peer to the second
  Duration back{};
  Duration jitter{};

  [[nodiscard]] Duration bound() const { return std::max(there, back) + jitter; }
};

/// What two peers are to each other.
struct Friendship {
  Role second_at_first = Role::kFriend;  ///< what the second peer is to the first
  Role first_at_second = Role::kFriend;
};

}  // namespace shoal::sim
