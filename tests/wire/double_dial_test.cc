// SPDX-License-Identifier: Apache-2.0
// Friends that dial each other at the same moment: two connections, of which one becomes the link.
#include <barrier>
#include <thread>

#include "tests/wire/hosts.h"
#include "tests/wire/proxy.h"

namespace shoal::overlay {
namespace {

using Clock = std::chrono::steady_clock;

class DoubleDial : public Hosts {
 protected:
  /// Two peers that are friends; the first one has the lower id.
  void meet(LinkTimes times = {}) {
    HostOptions options;
    options.times = times;
    auto low = rpc::Identity::generate();
    auto high = rpc::Identity::generate();
    if (high.id() < low.id()) std::swap(low, high);
    peers_.clear();
    for (const auto& [name, key] : {std::pair{"ana", low}, std::pair{"ben", high}}) {
      peers_.push_back(std::make_unique<Peer>(threads_, name, options, rpc::Accept::kListed, key));
    }
    peer(0).book().set_friend(peer(1).id(), Role::kFriend);
    peer(1).book().set_friend(peer(0).id(), Role::kFriend);
  }
  /// Asks as soon as there is anybody to ask.
  static SearchReport ask_at_once(Peer& origin) {
    const auto deadline = Clock::now() + 10s;
    while (Clock::now() < deadline) {
      Asked asked(origin, 1);
      if (!asked.error) return asked.report();
      std::this_thread::yield();
    }
    return {};
  }
  std::uint64_t held() { return peer(0).host().drops()["link held: both ends dialled"]; }
};

TEST_F(DoubleDial, LosesNoSearchHoweverTheDialsCross) {
  constexpr int kRounds = 24;
  int crossed = 0;
  for (int round = 0; round < kRounds; ++round) {
    meet();
    std::barrier start(2);
    std::vector<SearchReport> reports(2);
    std::vector<std::thread> both;
    for (std::size_t one = 0; one < 2; ++one) {
      both.emplace_back([&, one] {
        start.arrive_and_wait();
        // One is late by 0 to 5 ms: each moment of the other's greeting is met.
        const bool late = (round % 2 == 0) == (one == 0);
        if (late) std::this_thread::sleep_for(std::chrono::microseconds(round / 2 * 450));
        peer(one).befriend(peer(1 - one));
        for (int again = 0; again < 3; ++again) {
          reports[one] = ask_at_once(peer(one));
          if (!reports[one].complete) break;
        }
      });
    }
    for (std::thread& thread : both) thread.join();
    for (std::size_t one = 0; one < 2; ++one) {
      EXPECT_TRUE(reports[one].complete) << "round " << round << ", peer " << one << ": "
                                         << reports[one].counts.unanswered << " unanswered";
      EXPECT_EQ(peer(one).links_announced, 1U) << "round " << round << ", peer " << one;
    }
    crossed += held() > 0 ? 1 : 0;
  }
  EXPECT_GE(crossed, kRounds / 4) << "the dials did not meet";
}

TEST_F(DoubleDial, ADialThatLeadsNowhereHoldsTheOtherEndsConnectionUpForAMomentOnly) {
  meet();
  tests::Proxy nowhere(threads_.executor(), peer(1).endpoint());
  nowhere.freeze();
  peer(0).befriend_at(peer(1), nowhere.endpoint());
  ASSERT_TRUE(soon([&] { return !nowhere.calls().empty(); }));
  const auto dialled = Clock::now();
  peer(1).befriend(peer(0));
  EXPECT_TRUE(ask_at_once(peer(0)).complete);
  EXPECT_TRUE(ask_at_once(peer(1)).complete);
  const auto took = Clock::now() - dialled;
  EXPECT_EQ(held(), 1U);
  EXPECT_GE(took, limits::kDoubleDialTime);
  EXPECT_LT(took, limits::kDoubleDialTime + 2s) << "not the patience of a whole greeting";
  EXPECT_EQ(peer(0).link_to(peer(1)).state, LinkStatus::State::kActive);
}

TEST_F(DoubleDial, TheOtherEndsConnectionHasItsTurnAtOnceWhenOnesOwnDialFails) {
  meet({.crossed = 60s});
  tests::Proxy cable(threads_.executor(), peer(1).endpoint());
  cable.freeze();
  peer(0).befriend_at(peer(1), cable.endpoint());
  ASSERT_TRUE(soon([&] { return !cable.calls().empty(); }));
  const auto dialled = Clock::now();
  peer(1).befriend(peer(0));
  ASSERT_TRUE(soon([&] { return held() == 1; }));
  cable.cut();
  EXPECT_TRUE(ask_at_once(peer(0)).complete);
  EXPECT_LT(Clock::now() - dialled, 4s) << "it did not have to come again";
  EXPECT_EQ(peer(0).links_announced, 1U);
}

}  // namespace
}  // namespace shoal::overlay
