// SPDX-License-Identifier: Apache-2.0
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <vector>

#include "overlay/kademlia/table.h"
#include "tests/overlay/kademlia/ids.h"
#include "tests/overlay/kademlia/properties.h"

namespace shoal::tests {
namespace {

using overlay::kademlia::common_prefix;
using overlay::kademlia::distance;
using overlay::kademlia::Point;
using overlay::kademlia::Table;

Instant at_second(int second) { return Instant(std::chrono::seconds(second)); }

/// What the table should be, kept in the plainest way.
struct Model {
  struct Contact {
    PeerRef peer;
    int failures = 0;
  };
  const Ids& ids;
  std::size_t k;
  std::map<unsigned, std::vector<Contact>> contacts;
  std::map<unsigned, std::vector<PeerRef>> waiting;

  /// In the order of the first 64 bits of their ids; of equal ones the newcomer is the last.
  void place(std::vector<Contact>& in, PeerRef peer) const {
    const auto prefix = [this](const Contact& contact) { return ids.at(contact.peer).words[0]; };
    const auto at = std::ranges::upper_bound(in, ids.at(peer).words[0], {}, prefix);
    in.insert(at, {peer, 0});
  }
  void heard(unsigned bucket, PeerRef peer) {
    auto& in = contacts[bucket];
    auto& queue = waiting[bucket];
    const auto known = std::ranges::find(in, peer, &Contact::peer);
    if (known != in.end()) {
      known->failures = 0;
      return;
    }
    std::erase(queue, peer);
    if (in.size() < k) {
      place(in, peer);
      return;
    }
    const auto worst = std::ranges::max_element(in, {}, &Contact::failures);
    if (worst->failures >= limits::kKademliaStale) {
      in.erase(worst);
      place(in, peer);
      return;
    }
    queue.push_back(peer);
    if (queue.size() > limits::kKademliaWaiting) queue.erase(queue.begin());
  }

  void failed(unsigned bucket, PeerRef peer, bool certain) {
    auto& in = contacts[bucket];
    auto& queue = waiting[bucket];
    if (std::erase(queue, peer) > 0) return;
    const auto known = std::ranges::find(in, peer, &Contact::peer);
    if (known == in.end()) return;
    known->failures += certain ? limits::kKademliaStale : 1;
    if (known->failures < limits::kKademliaStale) return;
    bool anybody = false;
    for (const auto& [number, others] : contacts) {
      for (const Contact& other : others) anybody = anybody || other.failures == 0;
    }
    if (!queue.empty()) {
      in.erase(known);
      place(in, queue.back());
      queue.pop_back();
    } else if (known->failures >= limits::kKademliaGone && anybody) {
      in.erase(known);
    }
  }
};

struct Drawn {
  Ids ids;
  Point self;
  std::size_t k = 1;
  std::vector<PeerRef> peers;
};

Drawn draw_peers(int most) {
  Drawn drawn;
  drawn.self = overlay::kademlia::point_of(crowded_id(0));
  drawn.k = static_cast<std::size_t>(*rc::gen::inRange(1, 6).as("k"));
  const int count = *rc::gen::inRange(1, most).as("peers");
  for (int i = 1; i <= count; ++i) {
    drawn.peers.push_back(drawn.ids.add(crowded_id(static_cast<std::uint64_t>(i))));
  }
  return drawn;
}

PeerRef any_of(const std::vector<PeerRef>& peers) {
  return peers[static_cast<std::size_t>(
      *rc::gen::inRange(0, static_cast<int>(peers.size())).as("peer"))];
}

}  // namespace

bool the_nearest_are_those_that_sorting_finds() {
  return rc::check("the nearest are those that sorting all contacts finds", [] {
    Drawn drawn = draw_peers(60);
    Table table(drawn.self, drawn.k);
    Kept kept;
    for (const PeerRef peer : drawn.peers) {
      table.heard(peer, drawn.ids.at(peer), at_second(1), kept.refs());
      if (*rc::gen::inRange(0, 5).as("stale") == 0) {
        table.failed(peer, drawn.ids.at(peer), true, kept.refs());
      }
    }
    const Point target = overlay::kademlia::point_of(crowded_id(1000));
    const auto n = static_cast<std::size_t>(*rc::gen::inRange(1, 30).as("n"));
    const PeerRef except = any_of(drawn.peers);
    std::vector<PeerRef> all;
    for (std::size_t bucket = 0; bucket < table.buckets(); ++bucket) {
      for (const PeerRef peer : table.contacts(bucket)) {
        if (peer != except) all.push_back(peer);
      }
    }
    std::ranges::sort(all, {}, [&](PeerRef p) { return distance(drawn.ids.at(p), target); });
    std::vector<PeerRef> found;
    table.nearest(target, n, except, true, drawn.ids, found);
    // Those that are not stale come first; among them, and among the others, by distance.
    std::vector<PeerRef> fresh;
    table.nearest(target, drawn.peers.size(), except, false, drawn.ids, fresh);
    std::vector<PeerRef> expected;
    for (const PeerRef p : all) {
      if (std::ranges::find(fresh, p) != fresh.end()) expected.push_back(p);
    }
    RC_ASSERT(fresh == expected);
    for (const PeerRef p : all) {
      if (std::ranges::find(fresh, p) == fresh.end()) expected.push_back(p);
    }
    expected.resize(std::min(n, expected.size()));
    RC_ASSERT(found == expected);
  });
}

bool the_table_is_what_the_rules_say() {
  return rc::check("the table is what the rules say, and keeps the handles of its peers", [] {
    Drawn drawn = draw_peers(40);
    Table table(drawn.self, drawn.k);
    Model model{drawn.ids, drawn.k, {}, {}};
    Kept kept;
    const int steps = *rc::gen::inRange(1, 120).as("steps");
    for (int step = 0; step < steps; ++step) {
      const PeerRef peer = any_of(drawn.peers);
      const Point at = drawn.ids.at(peer);
      const unsigned bucket = common_prefix(drawn.self, at);
      const int what = *rc::gen::inRange(0, 6).as("what");
      if (what < 4) {
        table.heard(peer, at, at_second(step), kept.refs());
        model.heard(bucket, peer);
      } else {
        table.failed(peer, at, what == 4, kept.refs());
        model.failed(bucket, peer, what == 4);
      }
    }
    std::size_t size = 0;
    for (unsigned bucket = 0; bucket < table.buckets(); ++bucket) {
      std::vector<PeerRef> expected;
      for (const auto& contact : model.contacts[bucket]) expected.push_back(contact.peer);
      RC_ASSERT(table.contacts(bucket) == expected);
      RC_ASSERT(table.waiting(bucket) == model.waiting[bucket]);
      RC_ASSERT(expected.size() <= drawn.k);
      size += expected.size();
    }
    RC_ASSERT(table.size() == size);
    for (const PeerRef peer : drawn.peers) {
      const unsigned bucket = common_prefix(drawn.self, drawn.ids.at(peer));
      std::ptrdiff_t holds = 0;
      if (bucket < table.buckets()) {
        holds = std::ranges::count(table.contacts(bucket), peer) +
                std::ranges::count(table.waiting(bucket), peer);
      }
      RC_ASSERT(kept.of(peer) == holds);
    }
  });
}

bool a_living_contact_keeps_its_place() {
  return rc::check("a contact that answers is never put out for a newcomer", [] {
    Drawn drawn = draw_peers(60);
    Table table(drawn.self, drawn.k);
    Kept kept;
    std::vector<PeerRef> in;
    for (const PeerRef peer : drawn.peers) {
      const auto heard = table.heard(peer, drawn.ids.at(peer), at_second(1), kept.refs());
      if (heard == Table::Heard::kAdded) in.push_back(peer);
      for (const PeerRef old : in) {
        const auto contacts = table.contacts(common_prefix(drawn.self, drawn.ids.at(old)));
        RC_ASSERT(std::ranges::find(contacts, old) != contacts.end());
      }
    }
  });
}

bool the_dead_give_their_place() {
  return rc::check("a contact that stays silent gives its place to who waits", [] {
    Drawn drawn = draw_peers(60);
    Table table(drawn.self, drawn.k);
    Kept kept;
    for (const PeerRef peer : drawn.peers) {
      table.heard(peer, drawn.ids.at(peer), at_second(1), kept.refs());
    }
    for (std::size_t bucket = 0; bucket < table.buckets(); ++bucket) {
      const auto waiting = table.waiting(bucket);
      const auto contacts = table.contacts(bucket);
      if (waiting.empty()) continue;
      const PeerRef dead = contacts.front();
      for (unsigned i = 0; i < limits::kKademliaStale; ++i) {
        table.failed(dead, drawn.ids.at(dead), false, kept.refs());
      }
      const auto after = table.contacts(bucket);
      RC_ASSERT(std::ranges::find(after, dead) == after.end());
      RC_ASSERT(std::ranges::find(after, waiting.back()) != after.end());
      RC_ASSERT(after.size() == contacts.size());
    }
  });
}

bool refreshes_fall_into_their_buckets() {
  return rc::check("a point drawn for a bucket lies in it", [] {
    Drawn drawn = draw_peers(2);
    const Table table(drawn.self, drawn.k);
    Rng rng(*rc::gen::arbitrary<std::uint64_t>().as("seed"));
    const auto bucket = static_cast<unsigned>(*rc::gen::inRange(0, 256).as("bucket"));
    RC_ASSERT(common_prefix(drawn.self, table.point_in(bucket, rng)) == bucket);
  });
}

}  // namespace shoal::tests
