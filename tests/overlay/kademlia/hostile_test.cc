// SPDX-License-Identifier: Apache-2.0
// One peer in five lies: lookups must still find what there is.
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <string_view>

#include "tests/overlay/kademlia/net.h"

namespace shoal::tests {
namespace {

using overlay::kademlia::Kind;
using overlay::kademlia::Point;

constexpr std::uint32_t kPeers = 1200;
constexpr std::uint32_t kSearches = 400;

enum class Lie {
  kEachOther,  ///< names the hostile peers nearest to what is looked for, and no others
  kGhosts,     ///< names 20 peers that do not exist, nearer than anybody that does
  kBoth,       ///< ten of each
};

/// 1,200 peers with full tables, one in five hostile. Each search looks for a content that one
/// honest peer has, and that those honest peers know of that are among the 20 nearest to it.
class Town {
 public:
  Town() : net_(7), rng_(8) {
    for (std::uint32_t i = 0; i < kPeers; ++i) net_.add();
    net_.fill_tables(limits::kKademliaK);
    net_.run_for(std::chrono::seconds(10));
    net_.intercept = [this](PeerRef from, PeerRef to, const Message& message) {
      return watch(from, to, message);
    };
  }

  /// The share of searches that find the holder and ask the honest peer nearest to the content.
  double right(Lie lie, bool silent_ghosts, std::uint32_t paths) {
    lie_ = lie;
    net_.gives_back = !silent_ghosts;
    auto parameters = Net::usual();
    parameters[overlay::kKademliaPaths] = paths;
    asked_.clear();
    for (std::uint32_t i = 0; i < kSearches; ++i) {
      begin(parameters);
      if (i % 50 == 49) net_.run_for(limits::default_budget(limits::kTtlDefault));
    }
    net_.run_for(std::chrono::seconds(1));
    unsigned right = 0;
    std::int64_t requests = 0;
    for (const auto& [query, search] : asked_) {
      const Net::Search& seen = net_.of(query);
      EXPECT_TRUE(seen.report.has_value());
      requests += seen.report->counts.copies;
      const bool found = seen.found.size() == 1 &&
                         seen.found[0].hit.ref<HitBody>().holder == net_.id(search.holder);
      right += found && search.reached ? 1U : 0U;
    }
    std::cout << "  " << 100.0 * right / kSearches << " % right with " << paths << " path(s), "
              << requests / kSearches << " requests a search\n";
    return 1.0 * right / kSearches;
  }

 private:
  struct Search {
    PeerRef holder;
    PeerRef nearest;  ///< the honest peer nearest to what is looked for
    bool reached = false;
  };

  static bool hostile(PeerRef peer) { return peer.value % 5 == 3; }

  void begin(const overlay::Parameters& parameters) {
    const ContentId content = content_number(contents_++);
    const Point target = overlay::kademlia::point_of_content(content);
    const PeerRef origin = honest();
    PeerRef holder = honest();
    while (holder == origin || holders_[holder]++ > 0) holder = honest();
    net_.share(holder, {{content, "word"}});
    const overlay::kademlia::AddRequest offer{target, {{{content, "word", true}}, true}};
    Message add;
    add.kind = as_message_kind(Kind::kAddProvider);
    add.overlay = overlay::kKademlia;
    add.body = make_payload<OpaqueBody>([&](OpaqueBody& body) { body.bytes = encode(offer); });
    for (const PeerRef peer : net_.truly_nearest(target, limits::kKademliaK)) {
      if (!hostile(peer)) net_.inject(holder, peer, add);
    }
    const auto nearest =
        net_.truly_nearest(target, 1, [&](PeerRef p) { return !hostile(p) && p != origin; });
    const auto query = net_.search(origin, content, parameters);
    ASSERT_TRUE(query.has_value());
    asked_[*query] = Search{holder, nearest[0], false};
    if (asked_.size() % 50 == 0) holders_.clear();
  }

  PeerRef honest() {
    PeerRef peer{static_cast<std::uint32_t>(rng_.below(kPeers))};
    while (hostile(peer)) peer = PeerRef{static_cast<std::uint32_t>(rng_.below(kPeers))};
    return peer;
  }

  bool watch(PeerRef from, PeerRef to, const Message& message) {
    if (message.kind == as_message_kind(Kind::kGetProviders)) {
      const auto search = asked_.find(message.query);
      if (search != asked_.end() && search->second.nearest == to) search->second.reached = true;
      if (to.value < kPeers && hostile(to)) {
        deceive(from, to, message);
        return true;
      }
    }
    // To what is no search hostile peers answer as others do: so they are in everybody's table.
    return message.kind == MessageKind::kQuery && to.value < kPeers && hostile(to);
  }

  void deceive(PeerRef from, PeerRef to, const Message& message) {
    const Point target =
        overlay::kademlia::decode_find(message.body.ref<OpaqueBody>().bytes)->target;
    Message answer;
    answer.query = message.query;
    answer.kind = as_message_kind(Kind::kProviders);
    answer.overlay = overlay::kKademlia;
    answer.body = make_payload<OpaqueBody>([&](OpaqueBody& body) {
      // Made-up providers too, as many as there may be.
      body.bytes.push_back(static_cast<char>(limits::kKademliaProvidersNamed));
      for (std::size_t i = 0; i < limits::kKademliaProvidersNamed; ++i) {
        body.contacts.push_back({a_ghost(target)});
      }
      const std::size_t count = lie_ == Lie::kBoth ? 10 : 20;
      if (lie_ != Lie::kEachOther) {
        for (std::size_t i = 0; i < count; ++i) body.contacts.push_back({a_ghost(target)});
      }
      if (lie_ != Lie::kGhosts) {
        for (const PeerRef p : net_.truly_nearest(target, count, hostile)) {
          body.contacts.push_back({p});
        }
      }
    });
    net_.answer(to, from, std::move(answer));
  }

  /// Liars do not agree on whom they make up; each new one costs us a request.
  PeerRef a_ghost(const Point& target) {
    auto bytes = overlay::kademlia::bytes_of(target);
    for (std::size_t i = 8; i < bytes.size(); ++i) {
      bytes[i] = static_cast<std::uint8_t>(rng_.below(256));
    }
    return net_.ghost(PeerId{bytes});
  }

  Net net_;
  Rng rng_;
  Lie lie_ = Lie::kEachOther;
  std::uint64_t contents_ = 0;
  std::map<QueryId, Search> asked_;
  std::map<PeerRef, int> holders_;  // of the searches that are open
};

Town& town() {
  static Town town;
  return town;
}

constexpr std::uint32_t kPaths = overlay::kKademliaParameters[overlay::kKademliaPaths].fallback;

TEST(KademliaHostile, LookupsAreRightWhenOneInFiveNamesOnlyHostilePeers) {
  EXPECT_GE(town().right(Lie::kEachOther, false, kPaths), 0.99);
}
TEST(KademliaHostile, LookupsAreRightWhenOneInFiveNamesPeersThatDoNotExist) {
  EXPECT_GE(town().right(Lie::kGhosts, false, kPaths), 0.99);
}
TEST(KademliaHostile, LookupsAreRightWhenThoseThatDoNotExistHaveToBeWaitedFor) {
  EXPECT_GE(town().right(Lie::kGhosts, true, kPaths), 0.99);
}
TEST(KademliaHostile, LookupsAreRightWhenLiesAreMixed) {
  EXPECT_GE(town().right(Lie::kBoth, true, kPaths), 0.99);
}
TEST(KademliaHostile, OnePathAloneIsOftenerDeceived) {
  town().right(Lie::kEachOther, false, 1);
  town().right(Lie::kGhosts, false, 1);
  const double one = town().right(Lie::kGhosts, true, 1);
  const double many = town().right(Lie::kGhosts, true, kPaths);
  EXPECT_LT(one, many);
}

}  // namespace
}  // namespace shoal::tests
