// SPDX-License-Identifier: Apache-2.0
#include "sim/world.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "tests/support/line_world.h"

namespace shoal::tests {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr PeerRef kA{0};
constexpr PeerRef kB{1};
constexpr PeerRef kC{2};

std::vector<MessageKind> kinds_of(const std::vector<Message>& messages) {
  std::vector<MessageKind> kinds;
  for (const Message& message : messages) kinds.push_back(message.kind);
  return kinds;
}

TEST(World, DeliversAfterTheLinksDelayEachWay) {
  LineWorld line(2);
  line.world.connect(kA, kB, {milliseconds(10), milliseconds(30), {}});
  ASSERT_TRUE(line.search(0));
  line.run_for(seconds(1));
  ASSERT_EQ(line.diary.deliveries.size(), 2U);
  EXPECT_EQ(line.diary.deliveries[0].at, Instant(milliseconds(10)));
  EXPECT_EQ(line.diary.deliveries[1].at, Instant(milliseconds(40)));
}

TEST(World, LosesWhatIsUnderWayWhenItsLinkGoesDown) {
  LineWorld line(2);
  line.link(0, 1);
  ASSERT_TRUE(line.search(0));
  line.world.at(Instant(milliseconds(5)), [&] { line.world.take_down(kA, kB); });
  line.run_for(seconds(1));
  EXPECT_TRUE(line.diary.deliveries.empty());
  EXPECT_EQ(kinds_of(line.diary.lost), std::vector{MessageKind::kQuery});
  ASSERT_EQ(line.diary.reports.size(), 1U);
  EXPECT_EQ(line.diary.reports[0].counts.unanswered, 1U);
}

TEST(World, GivesNoNewBudgetToAPeerThatLinksAgain) {
  LineWorld line(2);
  line.link(0, 1);
  const auto refused = [&] {
    const std::size_t before = line.diary.reports.size();
    for (std::uint32_t i = 0; i < limits::kLinkQueriesBurst; ++i) EXPECT_TRUE(line.search(0));
    line.run_for(milliseconds(20));
    std::uint32_t sum = 0;
    for (std::size_t i = before; i < line.diary.reports.size(); ++i) {
      sum += line.diary.reports[i].counts.refused;
    }
    return sum;
  };
  EXPECT_EQ(refused(), 0U);
  line.world.take_down(kA, kB);
  line.run_for(milliseconds(500));
  line.world.bring_up(kA, kB);
  // Half a second earned what it earns on a link that stays.
  EXPECT_EQ(refused(), limits::kLinkQueriesBurst - limits::kLinkQueriesPerSecond / 2);
  line.world.crash(kB);
  line.world.restart(kB);
  line.world.bring_up(kA, kB);
  EXPECT_EQ(refused(), 0U) << "who starts anew remembers nothing";
}

TEST(World, DiscardsFramesOfAnOldIncarnation) {
  LineWorld line(2);
  line.link(0, 1);
  ASSERT_TRUE(line.search(0));
  line.world.at(Instant(milliseconds(5)), [&] {
    line.world.take_down(kA, kB);
    line.world.bring_up(kA, kB);
  });
  line.run_for(seconds(1));
  EXPECT_TRUE(line.diary.deliveries.empty());
  EXPECT_EQ(line.diary.lost.size(), 1U);
}

TEST(World, TellsEachEndOfADeadLinkWhenItsTimeHasCome) {
  LineWorld line(2);
  line.link(0, 1);
  line.world.take_down(kA, kB, milliseconds(100), milliseconds(300));
  line.run_for(milliseconds(200));
  EXPECT_EQ(line.diary.downs, (std::vector{std::pair{kA, kB}}));
  line.run_for(milliseconds(200));
  EXPECT_EQ(line.diary.downs, (std::vector{std::pair{kA, kB}, std::pair{kB, kA}}));
}

TEST(World, HoldsBackWhatIsSentIntoAStallAndThenDeliversItInOrder) {
  LineWorld line(2);
  line.link(0, 1);
  line.world.stall(kA, kB, true);
  const auto first = line.search(0);
  const auto second = line.search(0);
  ASSERT_TRUE(first && second);
  line.run_for(seconds(1));
  EXPECT_TRUE(line.diary.deliveries.empty());
  line.world.stall(kA, kB, false);
  line.run_for(milliseconds(10));
  ASSERT_EQ(line.diary.deliveries.size(), 2U);
  EXPECT_EQ(line.diary.deliveries[0].message.query, *first);
  EXPECT_EQ(line.diary.deliveries[1].message.query, *second);
}

TEST(World, GivesAQueryBackThatFindsTheQueueFull) {
  sim::WorldOptions options;
  options.queue_messages = 1;
  LineWorld line(2, options);
  line.link(0, 1);
  line.world.stall(kA, kB, true);
  ASSERT_TRUE(line.search(0));
  ASSERT_TRUE(line.search(0));
  EXPECT_EQ(kinds_of(line.diary.given_back), std::vector{MessageKind::kQuery});
  ASSERT_EQ(line.diary.reports.size(), 1U);
  EXPECT_EQ(line.diary.reports[0].counts.dropped, 1U);
  EXPECT_EQ(line.diary.reports[0].counts.copies, 0U);
}

TEST(World, CutsALinkWhoseQueueHasNoRoomForAnAnswer) {
  sim::WorldOptions options;
  options.queue_messages = 0;
  LineWorld line(2, options);
  line.link(0, 1);
  line.world.stall(kB, kA, true);
  ASSERT_TRUE(line.search(0));
  line.run_for(seconds(1));
  EXPECT_EQ(line.diary.downs.size(), 2U);
}

TEST(World, GivesBackWhatStillWaitedBeforeItTellsOfTheEnd) {
  LineWorld line(2);
  line.link(0, 1);
  line.world.stall(kA, kB, true);
  ASSERT_TRUE(line.search(0));
  line.world.take_down(kA, kB);
  ASSERT_EQ(line.diary.reports.size(), 1U);
  EXPECT_EQ(line.diary.reports[0].counts.dropped, 1U);
  EXPECT_EQ(line.diary.reports[0].counts.unanswered, 0U);
}

TEST(World, RestartsACrashedPeerWithItsFriendsAndWithoutMemory) {
  LineWorld line(3);
  line.link(0, 1);
  line.link(1, 2);
  ASSERT_TRUE(line.search(0));
  line.run_for(milliseconds(15));
  line.world.crash(kB);
  EXPECT_FALSE(line.world.alive(kB));
  line.world.restart(kB);
  line.world.bring_up(kA, kB);
  line.world.bring_up(kB, kC);
  ASSERT_TRUE(line.search(0));
  line.run_for(seconds(30));
  ASSERT_EQ(line.diary.reports.size(), 2U);
  EXPECT_FALSE(line.diary.reports[0].complete);
  EXPECT_TRUE(line.diary.reports[1].complete);
  EXPECT_EQ(line.diary.reports[1].peers_asked(), 2);
}

TEST(World, FindsFilesByAllOfTheirWordsByContentAndByLength) {
  sim::Shelf shelf;
  HitFile file;
  file.name = "the red book";
  file.content.length = 10;
  file.content.root.bytes[3] = 9;
  shelf.add(file);
  QueryBody query;
  query.terms = "book red";
  EXPECT_EQ(shelf.matches(query).size(), 1U);
  query.terms = "boo";
  EXPECT_TRUE(shelf.matches(query).empty());
  query.terms = "";
  query.content = file.content;
  EXPECT_EQ(shelf.matches(query).size(), 1U);
  query.length_min = 11;
  EXPECT_TRUE(shelf.matches(query).empty());
}

RC_GTEST_PROP(World, NeverLetsAMessageOvertakeAnotherOnItsLink, (std::uint64_t seed)) {
  sim::WorldOptions options;
  options.seed = seed;
  options.node.link_queries_per_second = 0;
  LineWorld line(2, options);
  const auto jitter = *rc::gen::inRange(0, 200).as("jitter, ms");
  line.world.connect(kA, kB, {milliseconds(10), milliseconds(10), milliseconds(jitter)});
  std::vector<QueryId> sent;
  const auto count = *rc::gen::inRange(1, 30).as("searches");
  for (int i = 0; i < count; ++i) {
    const auto query = line.search(0);
    RC_ASSERT(query.has_value());
    sent.push_back(*query);
    line.run_for(milliseconds(*rc::gen::inRange(0, 20).as("pause, ms")));
  }
  line.run_for(seconds(2));
  std::vector<QueryId> arrived;
  for (const Diary::Delivery& delivery : line.diary.deliveries) {
    if (delivery.message.kind == MessageKind::kQuery) arrived.push_back(delivery.message.query);
  }
  RC_ASSERT(arrived == sent);
}

RC_GTEST_PROP(EventQueue, PopsInTheTotalOrderWhateverTheOrderOfThePushes,
              (const std::vector<std::tuple<std::uint8_t, std::uint8_t, std::uint8_t>>& drawn)) {
  sim::EventQueue queue;
  std::vector<sim::EventOrder> expected;
  for (const auto& [at, cause, number] : drawn) {
    sim::Event event;
    event.order = {Instant(Duration(at)), cause, number};
    expected.push_back(event.order);
    queue.push(std::move(event));
  }
  std::ranges::sort(expected);
  for (const sim::EventOrder& order : expected) {
    RC_ASSERT(queue.next() == order.at);
    RC_ASSERT(queue.pop().order == order);
  }
  RC_ASSERT(queue.empty());
}

}  // namespace
}  // namespace shoal::tests
