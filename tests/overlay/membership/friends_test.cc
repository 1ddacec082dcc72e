// SPDX-License-Identifier: Apache-2.0
#include "overlay/membership/friends.h"

#include <gtest/gtest.h>

#include "tests/support/line_world.h"

namespace shoal::tests {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr PeerRef kMe{0};
constexpr PeerRef kPrimary{1};
constexpr PeerRef kSecondary{2};
constexpr PeerRef kSpare{3};

/// Peer 0 lists 1 as primary, 2 and 3 as secondaries, 4 as a friend. They merely accept it.
struct FailOver : LineWorld {
  FailOver() : LineWorld(5) {
    link(0, 1, {Role::kPrimary, Role::kAccepted});
    link(0, 2, {Role::kSecondary, Role::kAccepted});
    link(0, 3, {Role::kSecondary, Role::kAccepted});
    link(0, 4, {Role::kFriend, Role::kAccepted});
    run_for(milliseconds(100));
  }
  /// Who is asked now, from the smallest.
  [[nodiscard]] std::vector<std::uint32_t> asked() const {
    std::vector<std::uint32_t> all;
    for (std::uint32_t other = 1; other < 5; ++other) {
      if (asks(0, other)) all.push_back(other);
    }
    return all;
  }
};
using Peers = std::vector<std::uint32_t>;

TEST(Friends, AsksThePrimaryAndFriendsAndKeepsSecondariesOnStandby) {
  FailOver world;
  EXPECT_EQ(world.asked(), (Peers{1, 4}));
  EXPECT_TRUE(world.asks(1, 0)) << "a merely accepting end follows";
  EXPECT_FALSE(world.asks(2, 0));
}

TEST(Friends, TurnsToTheSecondaryWhenThePrimaryWasDownForItsGrace) {
  FailOver world;
  world.world.take_down(kMe, kPrimary);
  world.run_for(milliseconds(1999));
  EXPECT_EQ(world.asked(), (Peers{4}));
  world.run_for(milliseconds(2));
  EXPECT_EQ(world.asked(), (Peers{2, 4}));
  ASSERT_EQ(world.diary.wanted.size(), 1U) << "a new standby is asked for";
  EXPECT_EQ(world.diary.wanted[0], (std::pair{kMe, Role::kSecondary}));
}

TEST(Friends, TellsTheSecondaryBeforeAnyQueryGoesOverItsLink) {
  FailOver world;
  world.world.take_down(kMe, kPrimary);
  ASSERT_TRUE(world.search(0));
  world.run_for(seconds(1));
  std::vector<MessageKind> to_secondary;
  for (const Diary::Delivery& delivery : world.diary.deliveries) {
    if (delivery.to == kSecondary) to_secondary.push_back(delivery.message.kind);
  }
  EXPECT_EQ(to_secondary, (std::vector{MessageKind::kLinkActive, MessageKind::kQuery}));
}

TEST(Friends, TurnsToTheSecondaryAtOnceForASearchDuringTheGrace) {
  FailOver world;
  world.world.take_down(kMe, kPrimary);
  world.run_for(milliseconds(500));
  ASSERT_TRUE(world.search(0));
  EXPECT_EQ(world.asked(), (Peers{2, 4}));
  world.run_for(seconds(20));
  ASSERT_EQ(world.diary.reports.size(), 1U);
  const std::vector<FirstHop>& hops = world.diary.reports[0].first_hops;
  ASSERT_EQ(hops.size(), 4U);
  EXPECT_EQ(hops[0].peer, kPrimary);
  EXPECT_EQ(hops[0].state, FirstHopState::kDown);
  EXPECT_EQ(hops[1].peer, kSecondary);
  EXPECT_EQ(hops[1].role, Role::kSecondary);
  EXPECT_EQ(hops[1].state, FirstHopState::kAnswered);
  EXPECT_EQ(hops[2].state, FirstHopState::kStandby);
}

TEST(Friends, TurnsToTheSecondaryAtOnceWhenThePrimaryRefuses) {
  FailOver world;
  world.world.take_down(kMe, kPrimary);
  world.world.refuse(kMe, kPrimary);
  EXPECT_EQ(world.asked(), (Peers{2, 4}));
}

TEST(Friends, DoesNotTurnWhenThePrimaryIsBackWithinItsGrace) {
  FailOver world;
  world.world.take_down(kMe, kPrimary);
  world.run_for(milliseconds(1500));
  world.world.bring_up(kMe, kPrimary);
  world.run_for(seconds(60));
  EXPECT_EQ(world.asked(), (Peers{1, 4}));
  EXPECT_TRUE(world.diary.wanted.empty());
}

TEST(Friends, TakesAReturnedPrimaryBackAfterTenSecondsUp) {
  FailOver world;
  world.world.take_down(kMe, kPrimary);
  world.run_for(seconds(5));
  world.world.bring_up(kMe, kPrimary);
  world.run_for(milliseconds(9999));
  EXPECT_EQ(world.asked(), (Peers{2, 4}));
  world.run_for(milliseconds(2));
  EXPECT_EQ(world.asked(), (Peers{1, 4}));
}

TEST(Friends, StartsTheTenSecondsAnewWhenTheReturnedPrimaryFallsAgain) {
  FailOver world;
  world.world.take_down(kMe, kPrimary);
  world.run_for(seconds(5));
  world.world.bring_up(kMe, kPrimary);
  world.run_for(seconds(8));
  world.world.take_down(kMe, kPrimary);
  world.world.bring_up(kMe, kPrimary);
  world.run_for(seconds(8));
  EXPECT_EQ(world.asked(), (Peers{2, 4}));
  world.run_for(seconds(3));
  EXPECT_EQ(world.asked(), (Peers{1, 4}));
}

TEST(Friends, TakesAPrimaryAtOnceThatComesUpForTheFirstTime) {
  LineWorld world(3);
  world.link(0, 2, {Role::kSecondary, Role::kAccepted});
  world.link(0, 1, {Role::kPrimary, Role::kAccepted});
  EXPECT_TRUE(world.asks(0, 1));
  EXPECT_FALSE(world.asks(0, 2));
}

TEST(Friends, TurnsToTheNextSecondaryWhenTheFirstFallsToo) {
  FailOver world;
  world.world.take_down(kMe, kPrimary);
  world.run_for(seconds(3));
  world.world.take_down(kMe, kSecondary);
  EXPECT_EQ(world.asked(), (Peers{3, 4}));
  world.world.take_down(kMe, kSpare);
  EXPECT_EQ(world.asked(), (Peers{4}));
  world.world.bring_up(kMe, kSpare);
  EXPECT_EQ(world.asked(), (Peers{3, 4}));
}

TEST(Friends, LetsAMerelyAcceptingEndAskOnlyWhileTheListingEndWishes) {
  FailOver world;
  ASSERT_TRUE(world.search(1)) << "its link to peer 0 is active";
  EXPECT_EQ(world.search(2).error().code, Errc::kNotConnected) << "its only link is on standby";
}

TEST(Friends, AsksNoLongerOverALinkThatIsUnfriended) {
  FailOver world;
  world.world.unfriend(kMe, PeerRef{4});
  world.run_for(milliseconds(100));
  EXPECT_EQ(world.asked(), (Peers{1}));
  EXPECT_FALSE(world.asks(4, 0));
}

}  // namespace
}  // namespace shoal::tests
