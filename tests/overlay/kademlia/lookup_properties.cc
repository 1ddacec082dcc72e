// SPDX-License-Identifier: Apache-2.0
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "overlay/kademlia/lookup.h"
#include "tests/overlay/kademlia/ids.h"
#include "tests/overlay/kademlia/properties.h"

namespace shoal::tests {
namespace {

using overlay::kademlia::distance;
using overlay::kademlia::Lookup;
using overlay::kademlia::LookupPlan;
using overlay::kademlia::Point;

constexpr PeerRef kSelf{0};

/// Peers that know each other, and whom each names.
struct Crowd {
  Ids ids;
  std::vector<PeerRef> peers;
  std::map<PeerRef, std::vector<PeerRef>> knows;
  Point target;
  LookupPlan plan;

  [[nodiscard]] std::vector<PeerRef> sorted(std::vector<PeerRef> some) const {
    std::ranges::sort(some, {}, [&](PeerRef p) { return distance(ids.at(p), target); });
    return some;
  }
  /// The k of those it knows that are nearest to the target.
  [[nodiscard]] std::vector<PeerRef> nearest_of(PeerRef peer) const {
    auto named = sorted(knows.at(peer));
    named.resize(std::min(named.size(), plan.k));
    return named;
  }
  /// The same, as its answer names them.
  [[nodiscard]] std::vector<Contact> named_by(PeerRef peer) const {
    std::vector<Contact> named;
    for (const PeerRef one : nearest_of(peer)) named.push_back({one});
    return named;
  }
};

Crowd draw_crowd(int paths_least, int paths_most) {
  Crowd crowd;
  crowd.plan.k = static_cast<std::size_t>(*rc::gen::inRange(1, 6).as("k"));
  crowd.plan.alpha = static_cast<unsigned>(*rc::gen::inRange(1, 4).as("alpha"));
  crowd.plan.paths =
      static_cast<unsigned>(*rc::gen::inRange(paths_least, paths_most + 1).as("paths"));
  const int count = *rc::gen::inRange(1, 40).as("peers");
  for (int i = 0; i <= count; ++i) {
    crowd.peers.push_back(crowd.ids.add(crowded_id(static_cast<std::uint64_t>(i))));
  }
  crowd.target = overlay::kademlia::point_of(crowded_id(1000));
  return crowd;
}

/// Everybody knows k of each bucket, as in a network that is left alone; nobody knows who asks.
void know_by_buckets(Crowd& crowd) {
  for (const PeerRef peer : crowd.peers) {
    crowd.knows[peer];
    std::map<unsigned, std::vector<PeerRef>> buckets;
    for (const PeerRef other : crowd.peers) {
      if (other == peer || other == kSelf) continue;
      auto& bucket =
          buckets[overlay::kademlia::common_prefix(crowd.ids.at(peer), crowd.ids.at(other))];
      if (bucket.size() < crowd.plan.k) bucket.push_back(other);
    }
    for (const auto& [prefix, bucket] : buckets) {
      crowd.knows[peer].insert(crowd.knows[peer].end(), bucket.begin(), bucket.end());
    }
  }
}

/// Lets the lookup run, answers in a drawn order.
struct Run {
  explicit Run(Crowd& crowd) : lookup(crowd.target, crowd.ids.at(kSelf), crowd.plan) {}

  void begin(Crowd& crowd) {
    lookup.begin(crowd.nearest_of(kSelf), crowd.ids, kept.refs());
    ask();
  }
  void ask() {
    std::vector<PeerRef> whom;
    lookup.ask(now, whom);
    for (const PeerRef peer : whom) {
      RC_ASSERT(asked.insert(peer).second);  // nobody is asked twice
      RC_ASSERT(peer != kSelf);
      open.push_back(peer);
    }
    now += std::chrono::milliseconds(7);
  }
  PeerRef take() {
    const auto index =
        static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(open.size())).as("next"));
    const PeerRef peer = open[index];
    open.erase(open.begin() + static_cast<std::ptrdiff_t>(index));
    return peer;
  }

  Lookup lookup;
  Kept kept;
  std::set<PeerRef> asked;
  std::vector<PeerRef> open;
  Instant now{};
};

}  // namespace

bool a_lookup_in_a_still_network_ends_with_the_nearest() {
  return rc::check("in a network that is left alone a lookup ends with the k nearest", [] {
    Crowd crowd = draw_crowd(1, 3);
    know_by_buckets(crowd);
    RC_PRE(!crowd.knows[kSelf].empty());
    Run run(crowd);
    run.begin(crowd);
    while (!run.open.empty()) {
      const PeerRef peer = run.take();
      RC_ASSERT(run.lookup.answered(peer, crowd.named_by(peer), crowd.ids, run.kept.refs()));
      run.ask();
    }
    RC_ASSERT(run.lookup.over());
    RC_ASSERT(run.lookup.oldest() == Instant::max());
    auto expected = crowd.sorted(crowd.peers);
    std::erase(expected, kSelf);
    expected.resize(std::min(expected.size(), crowd.plan.k));
    // With one path nothing is left to chance. Over several, a path may end with what the others
    // hold, and the nearest of all were seen by one of them.
    RC_ASSERT(run.lookup.nearest() == expected);
    run.lookup.release(run.kept.refs());
    for (const PeerRef peer : crowd.peers) RC_ASSERT(run.kept.of(peer) == 0);
  });
}

bool paths_share_neither_peers_nor_answers() {
  return rc::check("whom a path's peers name only that path asks, and each peer is asked once", [] {
    Crowd crowd = draw_crowd(2, 4);
    // A world in parts: each seed knows an own circle, and no circle knows another.
    const auto circles = static_cast<std::size_t>(crowd.plan.paths);
    for (std::size_t i = 1; i < crowd.peers.size(); ++i) {
      const std::size_t circle = i % circles;
      for (std::size_t j = 1; j < crowd.peers.size(); ++j) {
        if (j != i && j % circles == circle) crowd.knows[crowd.peers[i]].push_back(crowd.peers[j]);
      }
      crowd.knows[crowd.peers[i]];
      if (i <= circles) crowd.knows[kSelf].push_back(crowd.peers[i]);
    }
    RC_PRE(!crowd.knows[kSelf].empty());
    Run run(crowd);
    crowd.plan.k = crowd.peers.size();  // all seeds are known
    run.begin(crowd);
    crowd.plan.k = 3;
    // Never more open requests into a circle than one path may have.
    while (!run.open.empty()) {
      std::map<std::size_t, unsigned> open;
      for (const PeerRef peer : run.open) ++open[peer.value % circles];
      for (const auto& [circle, count] : open) RC_ASSERT(count <= crowd.plan.alpha);
      const PeerRef peer = run.take();
      run.lookup.answered(peer, crowd.named_by(peer), crowd.ids, run.kept.refs());
      run.ask();
    }
    RC_ASSERT(run.lookup.over());
  });
}

bool whom_only_liars_named_is_left_aside() {
  return rc::check("of what a peer made up no more is asked than proves it a liar", [] {
    Crowd crowd = draw_crowd(1, 2);
    know_by_buckets(crowd);
    RC_PRE(crowd.knows[kSelf].size() >= 2U);
    Run run(crowd);
    run.begin(crowd);
    crowd.plan.k = 20;
    const PeerRef liar = run.open.front();
    std::vector<Contact> ghosts;
    for (int i = 0; i < 20; ++i) {
      auto bytes = overlay::kademlia::bytes_of(crowd.target);
      bytes[31] = static_cast<std::uint8_t>(i);
      bytes[20] ^= 1;
      ghosts.push_back({crowd.ids.add(PeerId{bytes})});
    }
    while (!run.open.empty()) {
      const PeerRef peer = run.take();
      if (peer == liar) {
        run.lookup.answered(peer, ghosts, crowd.ids, run.kept.refs());
      } else if (peer.value >= ghosts.front().peer.value) {
        RC_ASSERT(run.lookup.failed(peer));
      } else {
        run.lookup.answered(peer, crowd.named_by(peer), crowd.ids, run.kept.refs());
      }
      run.ask();
    }
    const auto wasted = std::ranges::count_if(
        run.asked, [&](PeerRef peer) { return peer.value >= ghosts.front().peer.value; });
    // Those on their way when the third one failed were asked already.
    RC_ASSERT(wasted <= static_cast<std::ptrdiff_t>(limits::kKademliaLies + crowd.plan.alpha - 1));
  });
}

bool a_lookup_keeps_its_bounds_whatever_it_is_told() {
  return rc::check("whatever it is told, a lookup ends, keeps its bounds and its handles", [] {
    Crowd crowd = draw_crowd(1, 8);
    know_by_buckets(crowd);
    Run run(crowd);
    run.begin(crowd);
    std::uint64_t next = 2000;
    while (!run.open.empty()) {
      const PeerRef peer = run.take();
      const int what = *rc::gen::inRange(0, 10).as("what");
      if (what == 0) {
        run.lookup.failed(peer);
        RC_ASSERT(!run.lookup.failed(peer));
      } else {
        std::vector<Contact> named;
        for (int i = 0; i < 20; ++i) {
          auto bytes = overlay::kademlia::bytes_of(crowd.target);
          for (std::size_t b = 0; b < 8; ++b) {
            bytes[24 + b] ^= static_cast<std::uint8_t>((next * 0x9e3779b97f4a7c15ULL) >> (8 * b));
          }
          ++next;
          named.push_back({crowd.ids.add(PeerId{bytes})});
        }
        named.push_back({kSelf});
        named.push_back({peer});
        RC_ASSERT(run.lookup.answered(peer, named, crowd.ids, run.kept.refs()));
        RC_ASSERT(!run.lookup.answered(peer, named, crowd.ids, run.kept.refs()));
      }
      run.ask();
      RC_ASSERT(sizeof(Lookup) + run.lookup.bytes() <= limits::kKademliaLookupBytes);
    }
    RC_ASSERT(run.lookup.over());
    RC_ASSERT(run.lookup.requests() <= limits::kKademliaRequests);
    run.lookup.release(run.kept.refs());
    for (std::size_t i = 0; i < crowd.ids.ids.size(); ++i) {
      RC_ASSERT(run.kept.of(PeerRef{static_cast<std::uint32_t>(i)}) == 0);
    }
  });
}

}  // namespace shoal::tests
