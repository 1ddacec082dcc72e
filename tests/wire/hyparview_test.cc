// SPDX-License-Identifier: Apache-2.0
// Real peers of an open network that choose their neighbours themselves. Each one's record replays
// exactly (Peer sees to that).
#include <algorithm>
#include <set>

#include "overlay/membership/make.h"
#include "tests/wire/hosts.h"

namespace shoal::overlay {
namespace {

constexpr std::uint32_t kActive = 3;

class OpenHosts : public Hosts {
 protected:
  static HostOptions options() {
    HostOptions options;
    options.node.open = true;
    options.node.membership = MembershipKind::kHyParView;
    options.node.hyparview.active = kActive;
    options.node.hyparview.passive = 8;
    options.node.hyparview.cycle = 300ms;
    options.membership = [node = options.node] { return make_membership(node); };
    return options;
  }
  void add(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      peers_.push_back(std::make_unique<Peer>(threads_, "peer", options(), rpc::Accept::kAnyone));
    }
  }
  void introduce(std::size_t at, std::size_t to) {
    peer(at).host().introduce(peer(to).id(), {peer(to).endpoint()});
  }
  /// Those that are still there and reached from the first of them over active links.
  std::size_t connected(std::size_t from) {
    std::set<std::size_t> seen{from};
    std::vector<std::size_t> queue{from};
    for (std::size_t at = 0; at < queue.size(); ++at) {
      for (const LinkStatus& link : peer(queue[at]).host().links()) {
        if (link.state != LinkStatus::State::kActive) continue;
        for (std::size_t other = 0; other < peers_.size(); ++other) {
          if (peers_[other] == nullptr || peer(other).id() != link.peer) continue;
          if (seen.insert(other).second) queue.push_back(other);
        }
      }
    }
    return seen.size();
  }
  std::size_t neighbours(std::size_t at, bool friendly) {
    const auto links = peer(at).host().links();
    return static_cast<std::size_t>(std::ranges::count_if(links, [&](const LinkStatus& link) {
      return link.friendly == friendly && link.state >= LinkStatus::State::kStandby;
    }));
  }
  /// A search from `at` that is repeated until it finds that many holders.
  testing::AssertionResult finds(std::size_t at, std::size_t holders) {
    return soon([&] {
      Asked asked(peer(at), 15);
      if (!asked.started) return false;
      asked.report();
      std::set<PeerId> found;
      for (const FoundHit& hit : asked.hits) found.insert(hit.holder);
      return found.size() == holders;
    });
  }
};

TEST_F(OpenHosts, FindNeighboursFromOneContactEachAndOutliveAThirdOfThem) {
  constexpr std::size_t kPeers = 15;
  add(kPeers);
  for (const std::size_t holder : {4U, 9U, 14U}) peer(holder).files = {some_file()};
  for (std::size_t i = 1; i < kPeers; ++i) introduce(i, i - 1);
  EXPECT_TRUE(soon([&] { return connected(0) == kPeers; }));
  // Everybody knows more peers than the one that he was told of.
  for (std::size_t i = 0; i < kPeers; ++i) {
    EXPECT_TRUE(soon([&] { return peer(i).links_up() + peer(i).host().known() >= 3; })) << i;
    EXPECT_LE(neighbours(i, false), kActive) << i;
    EXPECT_EQ(neighbours(i, true), 0U) << i;
  }
  EXPECT_TRUE(finds(0, 3));

  for (const std::size_t gone : {1U, 2U, 5U, 8U, 11U}) peers_[gone].reset();
  EXPECT_TRUE(soon([&] { return connected(0) == kPeers - 5; }));
  EXPECT_TRUE(finds(0, 3));
  EXPECT_TRUE(finds(13, 3));
}

TEST_F(OpenHosts, NeverLetFriendsGoWhoeverElseWantsIn) {
  add(12);
  // Listed on one side, accepted on the other; two of them fill all places but one.
  peer(0).befriend(peer(1));
  peer(2).befriend(peer(0));
  const auto linked = [&](std::size_t one, std::size_t other) {
    return peer(one).link_to(peer(other)).state == LinkStatus::State::kActive;
  };
  EXPECT_TRUE(soon([&] { return linked(0, 1) && linked(1, 0) && linked(0, 2) && linked(2, 0); }));
  const auto begun = std::chrono::steady_clock::now();
  for (std::size_t i = 3; i < 12; ++i) introduce(i, 0);
  EXPECT_TRUE(soon([&] { return connected(0) == 12; }));
  EXPECT_EQ(neighbours(0, true), 2U);
  EXPECT_EQ(neighbours(0, false), 1U);
  for (const std::size_t other : {1U, 2U}) {
    for (const auto& status : {peer(0).link_to(peer(other)), peer(other).link_to(peer(0))}) {
      EXPECT_TRUE(status.friendly);
      const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(
          std::chrono::steady_clock::now() - begun);
      EXPECT_GE(status.since + 50ms, passed) << "its link has been up all the time";
    }
  }
}

}  // namespace
}  // namespace shoal::overlay
