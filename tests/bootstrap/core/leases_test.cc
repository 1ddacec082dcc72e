// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/core/leases.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/bootstrap/core/support.h"

namespace shoal::bootstrap {
namespace {

TEST(Leases, ExpireNinetySecondsAfterTheLastRenewal) {
  Leases leases;
  ASSERT_TRUE(leases.put(card(1), 1, "a", at(0)));
  ASSERT_TRUE(leases.put(card(1), 2, "a", at(30)));
  EXPECT_NE(leases.find(peer(1), at(119)), nullptr);
  EXPECT_EQ(leases.find(peer(1), at(120)), nullptr);  // it crashed after 30 s
  const auto gone = leases.take_gone(at(120));
  ASSERT_EQ(gone.size(), 1U);
  EXPECT_EQ(gone[0].id, peer(1));
  EXPECT_EQ(gone[0].stamp, 2U);
}

TEST(Leases, AreNotRenewedByARequestThatWasUsed) {
  Leases leases;
  ASSERT_TRUE(leases.put(card(1), 5, "a", at(0)));
  EXPECT_EQ(leases.put(card(1), 5, "stranger", at(60)).error().code, Errc::kConflict);
  EXPECT_EQ(leases.put(card(1), 4, "stranger", at(60)).error().code, Errc::kConflict);
  EXPECT_EQ(leases.find(peer(1), at(90)), nullptr);
  // Nor does it bring a dead peer back, for as long as its card can be valid.
  EXPECT_EQ(leases.put(card(1), 5, "stranger", at(7200)).error().code, Errc::kConflict);
  EXPECT_EQ(leases.stamp_of(peer(1)), 5U);
  EXPECT_TRUE(leases.put(card(1), 6, "a", at(7200)));
}

TEST(Leases, TakeTheSameCardOrANewerOne) {
  Leases leases;
  ASSERT_TRUE(leases.put(card(1, 5), 1, "a", at(0)));
  EXPECT_TRUE(leases.put(card(1, 5), 2, "a", at(1)));
  EXPECT_EQ(leases.put(card(1, 4), 3, "a", at(1)).error().code, Errc::kConflict);
  auto other = card(1, 5);
  other.sealed = "another card";
  EXPECT_EQ(leases.put(other, 3, "a", at(1)).error().code, Errc::kConflict);
  EXPECT_EQ(leases.find(peer(1), at(1))->stamp, 2U);
  ASSERT_TRUE(leases.put(card(1, 6), 3, "a", at(1)));
  EXPECT_EQ(leases.find(peer(1), at(1))->card, card(1, 6));
}

TEST(Leases, AreGivenBackWithAHigherStampOnly) {
  Leases leases;
  ASSERT_TRUE(leases.put(card(1), 5, "a", at(0)));
  EXPECT_EQ(leases.leave(peer(1), 5, at(1)).error().code, Errc::kConflict);
  EXPECT_NE(leases.find(peer(1), at(1)), nullptr);
  EXPECT_TRUE(leases.leave(peer(1), 6, at(1)));
  EXPECT_EQ(leases.find(peer(1), at(1)), nullptr);
  EXPECT_EQ(leases.leave(peer(1), 7, at(1)).error().code, Errc::kNotFound);
  EXPECT_EQ(leases.put(card(1), 6, "a", at(2)).error().code, Errc::kConflict);
  EXPECT_TRUE(leases.put(card(1), 7, "a", at(2)));
}

TEST(Leases, ForgetStampsWhenNoCardCanBeValidAnyMore) {
  Leases leases;
  ASSERT_TRUE(leases.put(card(1), 5, "a", at(0)));
  ASSERT_TRUE(leases.leave(peer(1), 6, at(0)));
  leases.take_gone(at(4 * 3600 - 1));
  EXPECT_EQ(leases.stamps(), 1U);
  leases.take_gone(at(4 * 3600));
  EXPECT_EQ(leases.stamps(), 0U);
}

TEST(Leases, StayWithinTheirBounds) {
  LeaseLimits few;
  few.leases_max = 3;
  few.stamps_max = 4;
  Leases leases(few);
  for (unsigned i = 0; i < 3; ++i) EXPECT_TRUE(leases.put(card(i), 1, "a", at(0)));
  EXPECT_EQ(leases.put(card(3), 1, "a", at(0)).error().code, Errc::kOverloaded);
  EXPECT_TRUE(leases.put(card(2), 2, "a", at(0)));  // renewing is no joining
  EXPECT_TRUE(leases.leave(peer(0), 2, at(1)));
  EXPECT_TRUE(leases.put(card(3), 1, "a", at(1)));
  EXPECT_TRUE(leases.leave(peer(1), 2, at(1)));
  EXPECT_EQ(leases.put(card(4), 1, "a", at(1)).error().code, Errc::kOverloaded);  // its stamp
  EXPECT_TRUE(leases.put(card(1), 3, "a", at(1)));  // the stamp that it has
}

TEST(Leases, AreListedPageByPageInTheOrderOfIds) {
  Leases leases;
  for (unsigned i = 0; i < 50; ++i) ASSERT_TRUE(leases.put(card(i), 1, "a", at(0)));
  std::vector<PeerId> seen;
  std::optional<PeerId> after;
  while (true) {
    const auto page = leases.list(after, 7, at(1));
    for (const auto* lease : page) seen.push_back(lease->card.id);
    if (page.size() < 7) break;
    after = page.back()->card.id;
  }
  EXPECT_EQ(seen.size(), 50U);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  EXPECT_TRUE(leases.list(std::nullopt, 7, at(90)).empty());
}

TEST(Leases, SuggestEveryOtherPeerEquallyOften) {
  Leases leases;
  Rng rng(7);
  EXPECT_EQ(leases.suggest(peer(1), {}, rng, at(0)), nullptr);
  for (unsigned i = 0; i < 10; ++i) ASSERT_TRUE(leases.put(card(i), 1, "a", at(0)));
  ASSERT_TRUE(leases.leave(peer(0), 2, at(0)));  // moves a slot
  const std::vector<PeerId> except{peer(4), peer(4), peer(99)};
  std::map<PeerId, int> counts;
  for (int i = 0; i < 7000; ++i) ++counts[leases.suggest(peer(3), except, rng, at(1))->card.id];
  EXPECT_EQ(counts.size(), 7U);
  for (const auto& [id, count] : counts) {
    EXPECT_NE(id, peer(0));
    EXPECT_NE(id, peer(3));
    EXPECT_NE(id, peer(4));
    EXPECT_NEAR(count, 1000, 150);  // five standard deviations
  }
  const std::vector<PeerId> all{peer(1), peer(2), peer(4), peer(5),
                                peer(6), peer(7), peer(8), peer(9)};
  EXPECT_EQ(leases.suggest(peer(3), all, rng, at(1)), nullptr);
}

TEST(Leases, ComeBackFromAStoreNoLongerThanTheyWere) {
  Leases leases;
  leases.restore({card(1), 5, "a", at(1050)}, at(1000));
  leases.restore({card(2), 5, "a", at(99'999)}, at(1000));  // a clock jumped back
  leases.restore({card(3), 5, "a", at(900)}, at(1000));     // ended meanwhile
  leases.restore_stamp(peer(4), 9, at(2000), at(1000));
  EXPECT_NE(leases.find(peer(1), at(1049)), nullptr);
  EXPECT_EQ(leases.find(peer(1), at(1050)), nullptr);
  EXPECT_NE(leases.find(peer(2), at(1089)), nullptr);
  EXPECT_EQ(leases.find(peer(2), at(1090)), nullptr);
  EXPECT_EQ(leases.find(peer(3), at(1000)), nullptr);
  EXPECT_EQ(leases.put(card(3), 5, "a", at(1100)).error().code, Errc::kConflict);
  EXPECT_EQ(leases.put(card(4), 9, "a", at(1100)).error().code, Errc::kConflict);
  EXPECT_TRUE(leases.put(card(4), 9, "a", at(2000)));
}

}  // namespace
}  // namespace shoal::bootstrap
