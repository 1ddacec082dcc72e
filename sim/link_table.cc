// SPDX-License-Identifier: Apache-2.0
#include "sim/link_table.h"

#include <algorithm>

#include "proto/types/assert.h"

namespace shoal::sim {
namespace {

std::pair<PeerRef, PeerRef> key_of(PeerRef one, PeerRef other) { return std::minmax(one, other); }

}  // namespace

LinkState& LinkTable::add(PeerRef first, PeerRef second, const LinkDelay& delay, Rng draws) {
  SHOAL_ASSERT(first != second);
  LinkState link{.from_first = Direction(draws.fork(0)), .from_second = Direction(draws.fork(1))};
  link.from_first.delay = first < second ? delay.there : delay.back;
  link.from_second.delay = first < second ? delay.back : delay.there;
  link.from_first.jitter = link.from_second.jitter = delay.jitter;
  link.bound = delay.bound();
  const auto [at, fresh] = links_.emplace(key_of(first, second), std::move(link));
  SHOAL_ASSERT(fresh);
  partners_.emplace(first, second);
  partners_.emplace(second, first);
  return at->second;
}

LinkState* LinkTable::find(PeerRef one, PeerRef other) {
  const auto at = links_.find(key_of(one, other));
  return at == links_.end() ? nullptr : &at->second;
}

Direction& LinkTable::way(PeerRef from, PeerRef to) {
  LinkState* const link = find(from, to);
  SHOAL_ASSERT(link != nullptr);
  return from < to ? link->from_first : link->from_second;
}

std::vector<PeerRef> LinkTable::partners(PeerRef peer) const {
  std::vector<PeerRef> found;
  for (auto at = partners_.lower_bound(Key{peer, PeerRef{0}});
       at != partners_.end() && at->first == peer; ++at) {
    found.push_back(at->second);
  }
  return found;
}

}  // namespace shoal::sim
