// SPDX-License-Identifier: Apache-2.0
// Strangers: in an open network any key is a guest with a quota, in a network of friends none comes
// as far as the RPC parser.
#include "overlay/host/guests.h"
#include "proto/rpc/status.h"
#include "tests/wire/bad_friend.h"
#include "tests/wire/bad_guest.h"
#include "tests/wire/gossips.h"

namespace shoal::overlay {
namespace {

using Guests = Gossips;

TEST_F(Guests, AreHeardInAnOpenNetworkWhoeverTheyAre) {
  add();
  BadGuest guest(peer(0));
  ASSERT_TRUE(guest.greet());
  EXPECT_TRUE(guest.say("good day"));
  EXPECT_TRUE(soon([&] { return heard(0, "good day", guest.id()) == 1; }));
  EXPECT_EQ(peer(0).book().classify(guest.id()), rpc::Caller::kGuest) << "and no friend by that";
  guest.hang_up();
}

TEST_F(Guests, FailInTheHandshakeOfANetworkOfFriends) {
  peers_.push_back(std::make_unique<Peer>(threads_, "ana"));
  BadGuest visitor(peer(0));
  EXPECT_FALSE(visitor.greet());
  EXPECT_EQ(visitor.end().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(peer(0).host().drops().empty()) << "nothing of it came to the host";
}

TEST_F(Guests, AreNotVisitedByFriendsEitherWhereTheNetworkIsNotOpen) {
  peers_.push_back(std::make_unique<Peer>(threads_, "ana"));
  const auto me = rpc::Identity::generate();
  peer(0).book().set_friend(me.id(), Role::kAccepted);
  BadGuest visitor(peer(0), me);
  const Error refusal = rpc::from_status(visitor.end());
  EXPECT_EQ(refusal.code, Errc::kDenied);
  EXPECT_NE(refusal.why.find("not open"), std::string::npos) << refusal.why;
}

TEST_F(Guests, MayNotVisitWithTheKeyOfAQuery) {
  add();
  const auto key = rpc::Identity::generate();
  peer(0).book().admit(KeyFingerprint{key.id().bytes});
  BadGuest visitor(peer(0), key);
  EXPECT_EQ(rpc::from_status(visitor.end()).code, Errc::kDenied);
  EXPECT_EQ(peer(0).host().drops()["visit refused: the key of a query"], 1U);
}

TEST_F(Guests, AreCutForOneMessageThatIsRejectedAndPausedForTen) {
  add();
  const auto me = rpc::Identity::generate();
  for (unsigned i = 1; i <= limits::kStrikesMax; ++i) {
    BadGuest bad(peer(0), me);
    ASSERT_TRUE(bad.greet()) << i;
    bad.say("bad");
    const Error cut = rpc::from_status(bad.end());
    EXPECT_EQ(cut.code, Errc::kDenied);
    EXPECT_EQ(cut.why.find("paused for your offences") != std::string::npos,
              i == limits::kStrikesMax)
        << cut.why;
  }
  BadGuest again(peer(0), me);
  EXPECT_EQ(rpc::from_status(again.end()).code, Errc::kDenied);
  EXPECT_EQ(peer(0).host().drops()["visit refused: paused for its offences"], 1U);
  BadGuest other(peer(0));  // whoever else comes is none of it
  EXPECT_TRUE(other.greet());
  other.hang_up();
}

TEST_F(Guests, AreCutForAQueryWhichIsForLinksOnly) {
  add();
  BadGuest bad(peer(0));
  ASSERT_TRUE(bad.greet());
  EXPECT_TRUE(bad.send(queries(0, 1).SerializeAsString()));
  EXPECT_EQ(rpc::from_status(bad.end()).code, Errc::kDenied);
  EXPECT_EQ(peer(0).host().drops()["malformed: no message for a visit"], 1U);
  EXPECT_EQ(peer(0).lookups, 0U);
}

TEST_F(Guests, AreCutForAContactThatItsOwnerDidNotSign) {
  add();
  const auto victim = rpc::Identity::generate();
  std::string forged = rpc::seal_card(victim, "v", {"127.0.0.1:1"}, 1, unix_now());
  forged.back() = static_cast<char>(forged.back() ^ 1);
  BadGuest bad(peer(0));
  ASSERT_TRUE(bad.greet());
  EXPECT_TRUE(bad.say("listen", 1, {forged}));
  EXPECT_EQ(rpc::from_status(bad.end()).code, Errc::kDenied);
  EXPECT_EQ(heard(0, "listen", bad.id()), 0U);
  EXPECT_EQ(peer(0).host().drops()["malformed: bad contacts"], 1U);
}

TEST_F(Guests, MayNameAContactWhoseCardHasExpiredAndItIsLeftOut) {
  add();
  const auto old = rpc::Identity::generate();
  const std::int64_t long_ago = unix_now() - std::chrono::seconds(limits::kCardValidity).count();
  BadGuest guest(peer(0));
  ASSERT_TRUE(guest.greet());
  EXPECT_TRUE(
      guest.say("listen", 1, {rpc::seal_card(old, "o", {"127.0.0.1:1"}, 1, long_ago - 60)}));
  EXPECT_TRUE(soon([&] { return heard(0, "listen", guest.id()) == 1; }));
  EXPECT_EQ(heard(0, "dropped", old.id()), 0U) << "it was not even dialled";
  guest.hang_up();
}

TEST_F(Guests, AreReadNoFasterThanTheirQuotaAndLoseNothing) {
  HostOptions options;
  options.guest_pace = {.per_second = 200, .burst = 20};
  add(options);
  BadGuest eager(peer(0));
  ASSERT_TRUE(eager.greet());
  const auto begun = std::chrono::steady_clock::now();
  constexpr unsigned kMessages = 220;
  for (unsigned i = 0; i < kMessages; ++i) EXPECT_TRUE(eager.say("again"));
  EXPECT_TRUE(soon([&] { return heard(0, "again", eager.id()) == kMessages; }));
  // What was read ahead of its time may be that much early.
  EXPECT_GE(std::chrono::steady_clock::now() - begun, 900ms);
  eager.hang_up();
}

TEST_F(Guests, AreHeardThoughTheirVisitHadToEndBeforeTheirHelloCame) {
  HostOptions few;
  few.visits.served = 1;
  add(few);
  BadGuest slow(peer(0));
  EXPECT_TRUE(soon([&] { return peer(0).host().visits() == 1; }));
  BadGuest other(peer(0));
  ASSERT_TRUE(other.greet());
  EXPECT_EQ(peer(0).host().drops()["visit ended: another takes its place"], 1U);
  ASSERT_TRUE(slow.greet());
  EXPECT_TRUE(slow.say("good day"));
  EXPECT_TRUE(soon([&] { return heard(0, "good day", slow.id()) == 1; }));
  slow.hang_up();
  other.hang_up();
}

// They are asked to end their visits, which takes up to kLeaveTime: none of these does so.
TEST_F(Guests, DoNotPileUpWhenTheirVisitsHaveToEndAndTheyDoNotEndThem) {
  constexpr std::size_t kServed = 4;
  constexpr std::size_t kLeaving = kServed / limits::kVisitsLeavingPart;
  constexpr std::size_t kGuests = 12;
  HostOptions few;
  few.visits.served = kServed;
  add(few);
  std::vector<std::unique_ptr<BadGuest>> crowd;
  for (std::size_t i = 0; i < kGuests; ++i) {
    crowd.push_back(std::make_unique<BadGuest>(peer(0)));
    ASSERT_TRUE(crowd.back()->greet()) << i;
    EXPECT_TRUE(soon([&] { return peer(0).host().visits() <= kServed + kLeaving; })) << i;
  }
  for (std::size_t i = 0; i < kGuests; ++i) {
    if (i + kServed + kLeaving >= kGuests) {
      crowd[i]->hang_up();
      continue;
    }
    const Error cut = rpc::from_status(crowd[i]->end());
    EXPECT_EQ(cut.code, Errc::kOverloaded) << i;
    EXPECT_NE(cut.why.find("do not end"), std::string::npos) << i << ": " << cut.why;
  }
  EXPECT_EQ(peer(0).host().drops()["visit cut off: too many are leaving"],
            kGuests - kServed - kLeaving);
}

TEST_F(Guests, HaveFewerLinksThanThereAreSoThatFriendsFindRoom) {
  HostOptions options;
  options.node.open = true;
  peers_.push_back(std::make_unique<Peer>(threads_, "ana", options, rpc::Accept::kAnyone));
  std::vector<std::unique_ptr<BadFriend>> crowd;
  for (std::size_t i = 0; i < limits::kGuestLinksMax + 2; ++i) {
    crowd.push_back(std::make_unique<BadFriend>(peer(0)));
    if (i < limits::kGuestLinksMax) crowd.back()->greet();
  }
  EXPECT_TRUE(soon([&] { return peer(0).links_up() == limits::kGuestLinksMax; }));
  BadFriend late(peer(0));
  EXPECT_EQ(rpc::from_status(late.end()).code, Errc::kOverloaded);
  EXPECT_GE(peer(0).host().drops()["link refused: too many guests"], 1U);
  const auto me = rpc::Identity::generate();
  peer(0).book().set_friend(me.id(), Role::kAccepted);
  BadFriend old_friend(peer(0), me);
  old_friend.greet();
  EXPECT_TRUE(soon([&] { return peer(0).links_up() == limits::kGuestLinksMax + 1; }));
}

TEST(GuestStrikes, AreRememberedAcrossConnectionsWithinABound) {
  GuestStrikes strikes;
  const auto guest = [](std::size_t number) {
    PeerId id{};
    id.bytes[0] = static_cast<std::uint8_t>(number >> 8);
    id.bytes[1] = static_cast<std::uint8_t>(number);
    return id;
  };
  for (unsigned i = 1; i < limits::kStrikesMax; ++i) EXPECT_FALSE(strikes.strike(guest(0))) << i;
  for (std::size_t i = 1; i <= limits::kGuestStrikesRemembered + 5; ++i) strikes.strike(guest(i));
  EXPECT_EQ(strikes.size(), limits::kGuestStrikesRemembered);
  EXPECT_TRUE(strikes.strike(guest(0))) << "who has the most is not forgotten";
  EXPECT_FALSE(strikes.strike(guest(0))) << "a pause was the price";
}

}  // namespace
}  // namespace shoal::overlay
