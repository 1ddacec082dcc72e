// SPDX-License-Identifier: Apache-2.0
// Friends that take nothing any more: what piles up for them is bounded, and hurts nobody else.
#include <map>
#include <thread>

#include "tests/wire/bad_friend.h"

namespace shoal::overlay {
namespace {

class StalledReader : public Hosts {
 protected:
  /// ana, who is patient for two seconds, and her honest friend ben.
  void SetUp() override {
    HostOptions options;
    options.node.link_queries_per_second = 0;  // the budget is another test's
    options.times = {.ping = 200ms, .silence = 2s};
    peers_.push_back(std::make_unique<Peer>(threads_, "ana", options));
    peers_.push_back(std::make_unique<Peer>(threads_, "ben", options));
    peer(1).befriend(peer(0));
    ASSERT_TRUE(soon([&] { return ana().links_up() == 1; }));
  }
  Peer& ana() { return peer(0); }
  Peer& ben() { return peer(1); }
  std::uint64_t drops(const std::string& reason) { return ana().host().drops()[reason]; }
};

TEST_F(StalledReader, IsGivenNoMoreQueriesThanItsQueueHoldsAndIsCutInTheEnd) {
  BadFriend stalled(ana());
  stalled.greet();
  BadFriend asker(ana());
  asker.greet();
  ASSERT_TRUE(soon([&] { return ana().links_up() == 3; }));
  std::thread echoes([&] { asker.end(); });  // it takes its answers
  constexpr std::uint64_t kBatch = 100;
  std::uint64_t sent = 0;
  const std::string words(limits::kTermsMax, 'w');
  while (sent < 50'000 && drops("query given back: queue full") == 0) {
    ASSERT_TRUE(asker.send(queries(sent, kBatch, words, 2)));
    sent += kBatch;
  }
  EXPECT_GT(drops("query given back: queue full"), 0U) << "of " << sent;
  // Nobody else waits for it, and a search says that it could not be asked.
  Asked through(ben(), 1);
  EXPECT_TRUE(through.report().complete);
  Asked own(ana(), 1, words);
  const SearchReport& report = own.report();
  std::map<PeerId, FirstHopState> outcome;
  for (std::size_t i = 0; i < report.first_hops.size(); ++i) {
    outcome[own.finished->first_hops.at(i).peer] = report.first_hops[i].state;
  }
  EXPECT_EQ(outcome[ben().id()], FirstHopState::kAnswered);
  EXPECT_EQ(outcome[stalled.id()], FirstHopState::kGivenBack);
  EXPECT_GE(report.counts.dropped, 1U);
  EXPECT_TRUE(soon([&] { return ana().links_up() == 2; })) << "two seconds of silence";
  EXPECT_EQ(drops("link cut: no room for an answer"), 0U);
  asker.cancel();
  echoes.join();
}

TEST_F(StalledReader, IsCutWhenAnAnswerDoesNotFit) {
  for (std::uint8_t i = 0; i < limits::kHitsPerPeer; ++i) {
    HitFile file = some_file();
    file.name = std::string(limits::kFileNameMax, 'w');
    file.content.root.bytes[0] = i;
    ana().files.push_back(file);
  }
  BadFriend stalled(ana());
  stalled.greet();
  ASSERT_TRUE(soon([&] { return ana().links_up() == 2; }));
  // Each query is worth some 16 KiB of answers.
  for (std::uint64_t sent = 0; sent < 2000 && drops("link cut: no room for an answer") == 0;
       ++sent) {
    if (!stalled.send(queries(sent, 1))) break;
  }
  EXPECT_TRUE(soon([&] { return drops("link cut: no room for an answer") == 1; }));
  EXPECT_TRUE(soon([&] { return ana().links_up() == 1; }));
  EXPECT_EQ(drops("query given back: queue full"), 0U);
  Asked through(ben(), 1);
  EXPECT_TRUE(through.report().complete);
  EXPECT_EQ(through.report().hits, limits::kHitsPerPeer);
}

}  // namespace
}  // namespace shoal::overlay
