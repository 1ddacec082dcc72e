// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/bare_peers.h"

#include <algorithm>

namespace shoal::tests {
namespace {

std::vector<BareSend> links_of(const sim::Graph& graph, const sim::LinkLaw& law, std::uint64_t seed,
                               std::uint32_t peer) {
  std::vector<BareSend> links;
  links.reserve(graph.neighbours(peer).size());
  for (const std::uint32_t other : graph.neighbours(peer)) {
    const auto delay = law.link(seed, PeerRef{peer}, PeerRef{other}).there.count();
    links.push_back({other, static_cast<std::uint32_t>(delay)});
  }
  return links;
}

}  // namespace

BytePeers::BytePeers(const sim::Graph& graph, const sim::LinkLaw& law, std::uint64_t seed)
    : seen_(graph.size()) {
  for (std::uint32_t peer = 0; peer < graph.size(); ++peer) {
    rows_.push_back(static_cast<std::uint32_t>(links_.size()));
    const std::vector<BareSend> links = links_of(graph, law, seed, peer);
    links_.insert(links_.end(), links.begin(), links.end());
  }
  rows_.push_back(static_cast<std::uint32_t>(links_.size()));
}

void FloodPeer::take(std::uint32_t from, const QueryId& query, std::uint8_t ttl,
                     std::vector<BareSend>& sends) {
  if (std::find(seen_.rbegin(), seen_.rend(), query) != seen_.rend()) return;
  if (seen_.size() == kRemembered) seen_.erase(seen_.begin());
  seen_.push_back(query);
  if (ttl <= 1) return;
  for (const BareSend& link : links_) {
    if (link.to != from) sends.push_back(link);
  }
}

ObjectPeers::ObjectPeers(const sim::Graph& graph, const sim::LinkLaw& law, std::uint64_t seed) {
  for (std::uint32_t peer = 0; peer < graph.size(); ++peer) {
    peers_.push_back(std::make_unique<FloodPeer>(links_of(graph, law, seed, peer)));
  }
}

}  // namespace shoal::tests
