// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/search/search_room.h"

#include <gtest/gtest.h>

#include "cli/daemon/guests/guest_desk.h"
#include "proto/types/limits.h"

namespace shoal::daemon {
namespace {

std::vector<KeptSearch> some(std::size_t count, std::int64_t by, bool ended) {
  return std::vector<KeptSearch>(count, KeptSearch{by, ended});
}

std::vector<KeptSearch> both(std::vector<KeptSearch> first, const std::vector<KeptSearch>& then) {
  first.insert(first.end(), then.begin(), then.end());
  return first;
}

using Place = std::optional<std::size_t>;

TEST(SearchRoom, IsFreeBelowTheLimits) {
  EXPECT_EQ(room_for(kOwner, {}).value(), Place());
  EXPECT_EQ(room_for(kOwner, some(limits::kSearchesKept - 1, kOwner, false)).value(), Place());
  EXPECT_EQ(room_for(7, some(limits::kTokenSearches - 1, 7, false)).value(), Place());
}

TEST(SearchRoom, IsMadeByTheOldestOfOnesOwnThatHasEnded) {
  auto own = some(limits::kSearchesKept, kOwner, false);
  own[3].ended = own[9].ended = true;
  EXPECT_EQ(room_for(kOwner, own).value(), Place(3));
  auto his = both(some(2, kOwner, true), some(limits::kTokenSearches, 7, false));
  his[5].ended = true;
  EXPECT_EQ(room_for(7, his).value(), Place(5));
}

TEST(SearchRoom, IsRefusedWhileAllRun) {
  const auto own = some(limits::kSearchesKept, kOwner, false);
  EXPECT_EQ(room_for(kOwner, own).error().code, Errc::kOverloaded);
  const auto his = some(limits::kTokenSearches, 7, false);
  EXPECT_EQ(room_for(7, his).error().code, Errc::kOverloaded);
  EXPECT_EQ(room_for(8, his).value(), Place()) << "one holder used up another's room";
}

TEST(SearchRoom, OfTheOwnerIsNotTakenByAllHoldersTogether) {
  std::vector<KeptSearch> all = some(limits::kSearchesKept - 1, kOwner, true);
  for (std::int64_t token = 1; all.size() < limits::kSearchesKept - 1 + limits::kGuestSearches;
       ++token) {
    all = both(std::move(all), some(limits::kTokenSearches, token, false));
  }
  EXPECT_EQ(room_for(99, all).error().code, Errc::kOverloaded);
  EXPECT_EQ(room_for(kOwner, all).value(), Place());
  all.back().ended = true;
  EXPECT_EQ(room_for(99, all).value(), Place(all.size() - 1)) << "an owner's search went for it";
}

}  // namespace
}  // namespace shoal::daemon
