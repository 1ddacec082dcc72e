// SPDX-License-Identifier: Apache-2.0
// Friends that die without a word, and what the others notice, say and do.
#include "tests/wire/hosts.h"
#include "tests/wire/proxy.h"

namespace shoal::overlay {
namespace {

using Clock = std::chrono::steady_clock;

class LinkLoss : public Hosts {
 protected:
  /// ana lists ben, and reaches him over a cable.
  void connect(LinkTimes times = {.ping = 50ms, .silence = 200ms, .probe = 200ms}) {
    HostOptions options;
    options.times = times;
    auto low = rpc::Identity::generate();
    auto high = rpc::Identity::generate();
    if (high.id() < low.id()) std::swap(low, high);
    peers_.push_back(std::make_unique<Peer>(threads_, "ana", options, rpc::Accept::kListed, low));
    peers_.push_back(std::make_unique<Peer>(threads_, "ben", options, rpc::Accept::kListed, high));
    cable_.emplace(threads_.executor(), peer(1).endpoint());
    peer(1).announce(cable_->endpoint());  // else ana learns the way round the cable
    peer(0).befriend_at(peer(1), cable_->endpoint());
    ASSERT_TRUE(soon([&] { return up(0, 1) && up(1, 0); }));
  }
  bool up(std::size_t at, std::size_t to) {
    return peer(at).link_to(peer(to)).state == LinkStatus::State::kActive;
  }
  /// The machine of ben starts again: the same key, elsewhere, and he lists ana.
  Peer& ben_returns() {
    HostOptions options;
    options.times = {.ping = 50ms, .silence = 200ms, .probe = 200ms};
    peers_.push_back(
        std::make_unique<Peer>(threads_, "ben", options, rpc::Accept::kListed, peer(1).me()));
    peers_.back()->befriend(peer(0));
    return *peers_.back();
  }

  std::optional<tests::Proxy> cable_;
};

TEST_F(LinkLoss, AFriendWhoseProcessDiesIsNoticedAtOnceAndDialledAgainIn100To200Ms) {
  connect(LinkTimes{});  // the ordinary patience: it is not what notices
  const auto died = Clock::now();
  cable_->cut();
  ASSERT_TRUE(soon([&] { return cable_->calls().size() == 2; }));
  const auto pause = cable_->calls()[1] - died;
  EXPECT_GE(pause, 95ms);
  EXPECT_LE(pause, 400ms) << "200 ms, and some for a busy machine";
  EXPECT_TRUE(soon([&] { return up(0, 1) && up(1, 0); }));
  Asked asked(peer(0), 1);
  EXPECT_TRUE(asked.report().complete);
}

TEST_F(LinkLoss, AFriendThatVanishesWithoutAWordIsGivenUpByBothAndTheSearchSaysSo) {
  connect();
  const auto vanished = Clock::now();
  cable_->freeze();
  Asked asked(peer(0), 1);
  const SearchReport& report = asked.report();
  EXPECT_LT(Clock::now() - vanished, 1500ms) << "the silence of the link, not the search's budget";
  EXPECT_FALSE(report.complete);
  EXPECT_EQ(report.counts.unanswered, 1U);
  ASSERT_EQ(report.first_hops.size(), 1U);
  EXPECT_EQ(report.first_hops[0].state, FirstHopState::kLinkDied);
  EXPECT_TRUE(soon([&] { return !up(0, 1) && peer(1).links_up() == 0; }));
  EXPECT_NE(peer(0).link_to(peer(1)).last_error.find("silent"), std::string::npos)
      << peer(0).link_to(peer(1)).last_error;
  cable_->thaw();
  cable_->cut();
  EXPECT_TRUE(soon([&] { return up(0, 1) && up(1, 0); }));
}

TEST_F(LinkLoss, AFriendThatReturnsReplacesItsOldLinkThatAnswersNoMore) {
  connect({.ping = 60s, .silence = 60s, .probe = 300ms});  // only the probe can tell
  cable_->freeze();
  const auto returned = Clock::now();
  Peer& ben = ben_returns();
  EXPECT_TRUE(soon([&] { return ben.links_up() == 1; }));
  EXPECT_GE(Clock::now() - returned, 300ms);
  EXPECT_LE(Clock::now() - returned, 1500ms);
  EXPECT_TRUE(up(0, 1));
  ben.files = {some_file()};
  Asked asked(peer(0), 1);
  EXPECT_TRUE(asked.report().complete);
  EXPECT_EQ(asked.report().hits, 1U) << "of the one that returned";
  EXPECT_LT(ben.link_to(peer(0)).rtt.value(), 200ms) << "the wait is no part of the round trip";
}

TEST_F(LinkLoss, ASecondConnectionOfAFriendWhoseLinkLivesIsRefused) {
  connect({.ping = 60s, .silence = 60s, .probe = 5s});
  Peer& twin = ben_returns();
  EXPECT_TRUE(soon([&] { return !twin.link_to(peer(0)).last_error.empty(); }));
  EXPECT_EQ(twin.link_to(peer(0)).last_error, "there is a link already");
  EXPECT_EQ(twin.links_up(), 0U);
  EXPECT_TRUE(up(0, 1) && up(1, 0));
  EXPECT_EQ(cable_->calls().size(), 1U) << "and never went down";
}

TEST_F(LinkLoss, AFriendThatReturnsWhileItsOldLinkIsProbedAndGoesAgainLeavesNothingBehind) {
  connect({.ping = 60s, .silence = 60s, .probe = 400ms});
  cable_->freeze();
  Peer& ben = ben_returns();
  EXPECT_TRUE(
      soon([&] { return peer(0).host().drops()["link doubted: its peer connected anew"] == 1; }));
  ben.stop();
  EXPECT_TRUE(soon([&] { return !up(0, 1); }));
  cable_->thaw();
  EXPECT_TRUE(soon([&] { return up(0, 1) && up(1, 0); }));
  const auto start = Clock::now();
  peer(0).stop();
  EXPECT_LT(Clock::now() - start, 5s);
}

}  // namespace
}  // namespace shoal::overlay
