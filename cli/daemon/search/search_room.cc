// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/search/search_room.h"

#include <algorithm>
#include <string>

#include "cli/daemon/guests/guest_desk.h"
#include "proto/types/limits.h"

namespace shoal::daemon {
namespace {

using Place = std::optional<std::size_t>;

// The oldest that has ended among those that count, if there are `most` of them.
template <class Counts>
Result<Place> room_among(const std::vector<KeptSearch>& kept, std::size_t most, Counts counts) {
  std::size_t count = 0;
  Place oldest;
  for (std::size_t at = 0; at < kept.size(); ++at) {
    if (!counts(kept[at])) continue;
    ++count;
    if (!oldest && kept[at].ended) oldest = at;
  }
  if (count < most) return Place();
  if (oldest) return oldest;
  return fail(Errc::kOverloaded, "the search was not started",
              std::to_string(count) + " searches run already", "wait for one to end");
}

}  // namespace

Result<Place> room_for(std::int64_t by, const std::vector<KeptSearch>& kept) {
  const auto is_his = [by](const KeptSearch& each) { return each.by == by; };
  if (by == kOwner) return room_among(kept, limits::kSearchesKept, is_his);
  auto own = room_among(kept, limits::kTokenSearches, is_his);
  if (!own || *own) return own;
  return room_among(kept, limits::kGuestSearches,
                    [](const KeptSearch& each) { return each.by != kOwner; });
}

}  // namespace shoal::daemon
