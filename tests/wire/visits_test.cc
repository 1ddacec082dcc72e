// SPDX-License-Identifier: Apache-2.0
// Messages between peers of an open network that have no link.
#include "tests/wire/gossips.h"

namespace shoal::overlay {
namespace {

TEST_F(Gossips, TalkToPeersTheyHaveOnlyHeardOf) {
  for (int i = 0; i < 3; ++i) add();
  introduce(0, 1);
  EXPECT_TRUE(soon([&] { return heard(0, "welcome", 1) > 0; }));
  introduce(2, 1);
  // The card that came with the contact says where the other is.
  EXPECT_TRUE(soon([&] { return heard(0, "hello", 2) + heard(2, "hello", 0) > 0; }));
  EXPECT_TRUE(soon([&] { return heard(0, "welcome", 2) + heard(2, "welcome", 0) > 0; }));
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(peer(i).links_up(), 0U);
}

TEST_F(Gossips, AnswerOverTheVisitByWhichTheyWereAsked) {
  add();
  add();
  introduce(0, 1);
  EXPECT_TRUE(soon([&] { return heard(0, "welcome", 1) == 1; }));
  EXPECT_EQ(peer(0).host().visits(), 1U);
  EXPECT_EQ(peer(1).host().visits(), 1U);
}

TEST_F(Gossips, GetBackWhatNobodyTakes) {
  add();
  const PeerId nobody = rpc::Identity::generate().id();
  peer(0).host().introduce(nobody, {"127.0.0.1:1"});
  EXPECT_TRUE(soon([&] { return heard(0, "dropped", nobody) == 1; }));
  EXPECT_TRUE(soon([&] { return peer(0).host().visits() == 0; }));
}

TEST_F(Gossips, GetBackWhatAPeerWithAnotherKeyWouldGet) {
  add();
  add();
  const PeerId other = rpc::Identity::generate().id();
  peer(0).host().introduce(other, {peer(1).endpoint()});
  EXPECT_TRUE(soon([&] { return heard(0, "dropped", other) == 1; }));
  EXPECT_EQ(heard(1, "hello", 0), 0U);
}

TEST_F(Gossips, GetBackAtOnceWhatIsForAPeerWhosePlaceNobodyKnows) {
  add();
  const PeerId nowhere = rpc::Identity::generate().id();
  peer(0).host().introduce(nowhere, {});
  EXPECT_TRUE(soon([&] { return heard(0, "dropped", nowhere) == 1; }));
}

TEST_F(Gossips, TryTheNextPlaceOfAPeerThatIsNotAtTheFirst) {
  add();
  add();
  peer(0).host().introduce(peer(1).id(), {"127.0.0.1:1", peer(1).endpoint()});
  EXPECT_TRUE(soon([&] { return heard(0, "welcome", 1) == 1; }));
  EXPECT_EQ(heard(0, "dropped", 1), 0U);
}

TEST_F(Gossips, EndAVisitThatIsIdle) {
  HostOptions options;
  options.times.visit_idle = 50ms;
  add(options);
  add(options);
  introduce(0, 1);
  EXPECT_TRUE(soon([&] { return heard(0, "welcome", 1) == 1; }));
  EXPECT_TRUE(soon([&] { return peer(0).host().visits() == 0; }));
  EXPECT_TRUE(soon([&] { return peer(1).host().visits() == 0; }));
  EXPECT_EQ(heard(0, "dropped", 1) + heard(1, "dropped", 0), 0U);
}

TEST_F(Gossips, EndTheVisitThatWasNotUsedForLongestWhenThereAreTooMany) {
  HostOptions few;
  few.visits.all = 2;
  add(few);
  for (int i = 0; i < 3; ++i) add();
  for (std::size_t i = 1; i <= 3; ++i) {
    introduce(0, i);
    EXPECT_TRUE(soon([&] { return heard(0, "welcome", i) == 1; })) << i;
  }
  EXPECT_TRUE(soon([&] { return peer(0).host().visits() == 2; }));
  EXPECT_GE(peer(0).host().drops()["visit ended: another takes its place"], 1U);
}

TEST_F(Gossips, WhoVisitDoNotPushOutMoreThanTheirShare) {
  HostOptions few;
  few.visits.all = 3;
  few.visits.served = 1;
  add(few);
  for (int i = 0; i < 4; ++i) add();
  introduce(0, 1);
  EXPECT_TRUE(soon([&] { return heard(0, "welcome", 1) == 1; }));
  for (std::size_t i = 2; i <= 4; ++i) {
    introduce(i, 0);
    EXPECT_TRUE(soon([&] { return heard(i, "welcome", 0) == 1; })) << i;
  }
  EXPECT_TRUE(soon([&] { return peer(0).host().visits() <= 3; }));
  EXPECT_GE(peer(0).host().drops()["visit ended: another takes its place"], 1U);
}

// There is a place less than there are visitors, so whoever visits anew ends a visit in full use.
TEST_F(Gossips, LoseNothingWithoutAWordWhenVisitsEndToMakeRoom) {
  constexpr std::size_t kVisitors = 6;
  HostOptions few;
  few.guest_pace = {};
  few.visits.all = kVisitors - 1;
  few.visits.served = kVisitors - 1;
  add(few);
  for (std::size_t i = 1; i <= kVisitors; ++i) add();
  // Who was dropped may be greeted anew without an introduction, so all that was said is counted.
  const auto all_answered = [&](std::size_t i, unsigned introductions) {
    const unsigned answers =
        heard(i, "welcome", 0) + heard(i, "dropped hello", 0) + heard(0, "dropped welcome", i);
    return answers >= introductions && answers == heard(i, "said hello", 0);
  };
  for (std::size_t i = 1; i <= kVisitors; ++i) {
    introduce(i, 0);
    EXPECT_TRUE(soon([&] { return all_answered(i, 1); })) << i;
  }
  for (unsigned round = 0; round < 10; ++round) {
    for (unsigned time = 0; time < 20; ++time) {
      for (std::size_t i = 1; i <= kVisitors; ++i) introduce(i, 0);
    }
    for (std::size_t i = 1; i <= kVisitors; ++i) {
      ASSERT_TRUE(soon([&] { return all_answered(i, 20 * (round + 1) + 1); }))
          << round << ' ' << i << ": said " << heard(i, "said hello", 0) << ", welcomed "
          << heard(i, "welcome", 0) << ", given back " << heard(i, "dropped hello", 0);
    }
  }
  EXPECT_GE(peer(0).host().drops()["visit ended: another takes its place"], 10U);
}

TEST_F(Gossips, MakeTheLinksThatTheirCoreAsksForAndEndThemInPeace) {
  add({}, {"dial", "hang up"});
  add();
  introduce(0, 1);
  EXPECT_TRUE(soon([&] { return heard(0, "up", 1) == 1 && heard(1, "up", 0) == 1; }));
  EXPECT_EQ(peer(0).links_up(), 1U);
  introduce(0, 1);
  EXPECT_TRUE(soon([&] { return heard(0, "down", 1) == 1 && heard(1, "down", 0) == 1; }));
  EXPECT_EQ(peer(0).links_up(), 0U);
  EXPECT_EQ(heard(0, "refused", 1) + heard(1, "refused", 0), 0U);
}

}  // namespace
}  // namespace shoal::overlay
