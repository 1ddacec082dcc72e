// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "proto/types/result.h"

namespace shoal::daemon {

/// One search that is kept, or about to be.
struct KeptSearch {
  std::int64_t by = 0;  ///< a token, or kOwner
  bool ended = false;
};

/// Room for one more search of `by` among `kept`, which come oldest first: the place of the one
/// that goes for it; none: nothing has to. The owner's and the guests' have each their own room, so
/// that nobody makes the owner's go. Pure. Errors: kOverloaded (limits::kSearchesKept,
/// kTokenSearches, kGuestSearches, all running).
Result<std::optional<std::size_t>> room_for(std::int64_t by, const std::vector<KeptSearch>& kept);

}  // namespace shoal::daemon
