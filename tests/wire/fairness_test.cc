// SPDX-License-Identifier: Apache-2.0
// A friend that sends as fast as it can, on a network without budgets: the others have their turns.
#include <thread>

#include "tests/wire/bad_friend.h"

namespace shoal::overlay {
namespace {

TEST_F(Hosts, AreAnsweredWhileAFriendSendsAllThatTheLinkTakes) {
  HostOptions options;
  options.node.link_queries_per_second = 0;  // as a budget would spare the relay all this
  options.record_limit = Peer::kNoRecord;
  peers_.push_back(std::make_unique<Peer>(threads_, "relay", options));
  peers_.push_back(std::make_unique<Peer>(threads_, "ben", options));
  Peer& relay = peer(0);
  Peer& ben = peer(1);
  ben.befriend(relay);
  BadFriend source(relay);
  BadFriend sink(relay);
  source.greet();
  sink.greet();
  ASSERT_TRUE(soon([&] { return relay.links_up() == 3; }));
  std::atomic<std::uint64_t> arrived = 0;
  std::atomic<bool> enough = false;
  std::thread taking([&] { sink.count_queries(arrived); });
  std::thread sending([&] {
    for (std::uint64_t sent = 0; !enough && sent < 200'000; sent += 256) {
      if (!source.send(queries(sent, 256, "w", 2, false))) break;
    }
  });
  ASSERT_TRUE(soon([&] { return arrived > 0; }));
  for (int round = 0; round < 10; ++round) {
    Asked asked(ben, 1);
    const SearchReport& report = asked.report();
    EXPECT_TRUE(report.complete);
    EXPECT_EQ(report.peers_asked(), 1);
    EXPECT_LT(report.took, 1s);
  }
  enough = true;
  sending.join();
  EXPECT_EQ(relay.links_up(), 3U);
  EXPECT_EQ(relay.host().drops()["link cut: no room for an answer"], 0U);
  sink.cancel();
  taking.join();
  source.hang_up();
}

}  // namespace
}  // namespace shoal::overlay
