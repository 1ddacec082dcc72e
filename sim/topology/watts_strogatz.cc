// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <span>

#include "sim/draw/draws.h"
#include "sim/topology/generators.h"

namespace shoal::sim::topology {
namespace {

// A ring whose peers know their `reach` next ones; each peer keeps the far ends of the links that
// it began with, wherever these lead later.
class Ring {
 public:
  Ring(std::uint32_t peers, std::uint32_t reach)
      : peers_(peers), reach_(reach), ends_(std::size_t{peers} * reach) {
    for (std::uint32_t peer = 0; peer < peers; ++peer) {
      for (std::uint32_t lap = 0; lap < reach; ++lap) {
        own(peer)[lap] = static_cast<std::uint32_t>((std::uint64_t{peer} + lap + 1) % peers);
      }
    }
  }

  std::span<std::uint32_t> own(std::uint32_t peer) {
    return std::span(ends_).subspan(std::size_t{peer} * reach_, reach_);
  }

  bool linked(std::uint32_t one, std::uint32_t other) {
    return std::ranges::find(own(one), other) != own(one).end() ||
           std::ranges::find(own(other), one) != own(other).end();
  }

  std::vector<Edge> edges() {
    std::vector<Edge> edges;
    edges.reserve(ends_.size());
    for (std::uint32_t peer = 0; peer < peers_; ++peer) {
      for (const std::uint32_t end : own(peer)) edges.emplace_back(peer, end);
    }
    return edges;
  }

 private:
  std::uint32_t peers_;
  std::uint32_t reach_;
  std::vector<std::uint32_t> ends_;
};

// A peer that is linked to all but a few others may not find one of these in so many draws; its
// link then stays.
constexpr int kTries = 100;

}  // namespace

/// Watts, Strogatz: "Collective dynamics of small-world networks", Nature 393 (1998).
Result<Graph> watts_strogatz(const TopologyParameters& p, Rng& rng) {
  const std::string what = "small world of " + std::to_string(p.peers) + " peers with " +
                           std::to_string(p.degree) + " links each";
  if (p.degree % 2 != 0) {
    return refuse(what, "half of the links go to either side of the ring", "make degree even");
  }
  if (p.degree >= p.peers) {
    return refuse(what, "a peer has links to others only", "take more peers, or a smaller degree");
  }
  if (!(p.rewire >= 0 && p.rewire <= 1)) {
    return refuse(what, "rewire is a probability, between 0 and 1", "change rewire");
  }
  const std::uint64_t links = std::uint64_t{p.peers} * (p.degree / 2);
  if (const auto fits = check_links(links); !fits) return tl::unexpected(fits.error());
  Ring world(p.peers, p.degree / 2);
  const Fixed rewire = Fixed::from(p.rewire);
  for (std::uint32_t lap = 0; lap < p.degree / 2; ++lap) {
    for (std::uint32_t peer = 0; peer < p.peers; ++peer) {
      if (!draw_chance(rng, rewire)) continue;
      for (int i = 0; i < kTries; ++i) {
        const auto end = static_cast<std::uint32_t>(rng.below(p.peers));
        if (end == peer || world.linked(peer, end)) continue;
        world.own(peer)[lap] = end;
        break;
      }
    }
  }
  return Graph::from_edges(p.peers, world.edges());
}

}  // namespace shoal::sim::topology
