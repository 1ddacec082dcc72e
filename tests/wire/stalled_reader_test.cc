// SPDX-License-Identifier: Apache-2.0
// Friends that take nothing any more: what piles up for them is bounded, and hurts nobody else.
#include <map>
#include <thread>

#include "proto/rpc/status.h"
#include "tests/wire/bad_friend.h"

namespace shoal::overlay {
namespace {

/// While this lives, `friendly` takes its answers.
class Listening {
 public:
  explicit Listening(BadFriend& friendly)
      : friendly_(friendly), thread_([&friendly] { friendly.listen(); }) {}
  ~Listening() {
    friendly_.cancel();
    thread_.join();
  }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;

 private:
  BadFriend& friendly_;
  std::thread thread_;
};

class StalledReader : public Hosts {
 protected:
  /// ana and her honest friend ben.
  void start(LinkTimes times = {}) {
    HostOptions options;
    options.node.link_queries_per_second = 0;  // the budget is another test's
    options.times = times;
    peers_.push_back(std::make_unique<Peer>(threads_, "ana", options));
    peers_.push_back(std::make_unique<Peer>(threads_, "ben", options));
    peer(1).befriend(peer(0));
    ASSERT_TRUE(soon([&] { return ana().links_up() == 1; }));
  }
  /// Another friend of ana whose link is up. It reads nothing but while it is `Listening`.
  std::unique_ptr<BadFriend> befriended() {
    const std::size_t links = ana().links_up();
    auto bad = std::make_unique<BadFriend>(ana());
    bad->greet();
    EXPECT_TRUE(soon([&] { return ana().links_up() == links + 1; }));
    return bad;
  }
  /// Asks through ana until nothing more fits into the queue of her friend that reads nothing: the
  /// transport below it goes on taking for a while.
  void fill(BadFriend& asker) {
    constexpr std::uint64_t kBatch = 180;
    std::uint64_t sent = 0;
    for (int full = 0; full < 3;) {
      ASSERT_LT(sent, 60'000U) << "it takes all";
      const std::uint64_t before = drops("query given back: queue full");
      const unsigned asked = ana().lookups;
      ASSERT_TRUE(asker.send(queries(sent, kBatch, words_, 2)));
      sent += kBatch;
      ASSERT_TRUE(soon([&] { return ana().lookups >= asked + kBatch; }));
      full = drops("query given back: queue full") - before == kBatch ? full + 1 : 0;
    }
  }
  Peer& ana() { return peer(0); }
  Peer& ben() { return peer(1); }
  std::uint64_t drops(const std::string& reason) { return ana().host().drops()[reason]; }

  const std::string words_ = std::string(limits::kTermsMax, 'w');
};

TEST_F(StalledReader, IsGivenNoMoreQueriesThanItsQueueHolds) {
  start();
  const auto stalled = befriended();
  const auto asker = befriended();
  const Listening listening(*asker);
  fill(*asker);
  // Nobody else waits for it, and a search says that it could not be asked.
  Asked through(ben(), 1);
  EXPECT_TRUE(through.report().complete);
  SearchSpec spec = Asked::spec_of(1, words_);
  spec.budget = 800ms;  // the asker answers nothing
  Asked own(ana(), spec);
  const SearchReport& report = own.report();
  std::map<PeerId, FirstHopState> outcome;
  for (std::size_t i = 0; i < report.first_hops.size(); ++i) {
    outcome[own.finished->first_hops.at(i).peer] = report.first_hops[i].state;
  }
  EXPECT_EQ(outcome[ben().id()], FirstHopState::kAnswered);
  EXPECT_EQ(outcome[stalled->id()], FirstHopState::kGivenBack);
  EXPECT_GE(report.counts.dropped, 1U);
  EXPECT_EQ(ana().links_up(), 3U);
}

TEST_F(StalledReader, StillGetsItsAnswersWhenItsQueueIsFullOfQueries) {
  start();
  const auto stalled = befriended();
  const auto asker = befriended();
  const Listening listening(*asker);
  fill(*asker);
  const unsigned asked = ana().lookups;
  constexpr unsigned kOwn = 100;  // of the one that reads nothing; each is answered with an echo
  ASSERT_TRUE(stalled->send(queries(1'000'000, kOwn)));
  EXPECT_TRUE(soon([&] { return ana().lookups >= asked + kOwn; }));
  EXPECT_EQ(ana().links_up(), 3U) << "an answer that does not fit cuts its link";
  EXPECT_EQ(drops("link cut: no room for an answer"), 0U);
}

TEST_F(StalledReader, IsCutWhenItAnswersNoPingsAndTheSearchSaysSo) {
  start({.ping = 50ms, .silence = 300ms});
  const auto stalled = befriended();
  Asked own(ana(), 1);
  const SearchReport& report = own.report();
  EXPECT_FALSE(report.complete);
  EXPECT_EQ(report.counts.unanswered, 1U);
  EXPECT_LT(report.took, 2s) << "long before the search's own deadline";
  EXPECT_EQ(ana().links_up(), 1U);
  EXPECT_EQ(rpc::from_status(stalled->end()).code, Errc::kTimeout);
}

TEST_F(StalledReader, IsCutWhenAnAnswerDoesNotFit) {
  start();
  for (std::uint8_t i = 0; i < limits::kHitsPerPeer; ++i) {
    HitFile file = some_file();
    file.name = std::string(limits::kFileNameMax, 'w');
    file.content.root.bytes[0] = i;
    ana().files.push_back(file);
  }
  const auto stalled = befriended();
  // Each query is worth some 16 KiB of answers.
  for (std::uint64_t sent = 0; sent < 2000 && drops("link cut: no room for an answer") == 0;
       ++sent) {
    if (!stalled->send(queries(sent, 1))) break;
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
