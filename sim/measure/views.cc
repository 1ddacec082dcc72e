// SPDX-License-Identifier: Apache-2.0
#include "sim/measure/views.h"

#include <algorithm>
#include <vector>

namespace shoal::sim {
namespace {

/// Calls `visit` for each peer that lives.
template <class Visit>
void each_alive(const Engine& engine, Visit visit) {
  for (std::uint32_t peer = 0; peer < engine.size(); ++peer) {
    if (engine.alive(PeerRef{peer})) visit(peer);
  }
}

}  // namespace

Graph active_views(const Engine& engine) {
  std::vector<Edge> edges;
  each_alive(engine, [&](std::uint32_t peer) {
    for (const overlay::Link& link : engine.node(PeerRef{peer}).links().all()) {
      if (link.active() && engine.alive(link.peer))
        edges.emplace_back(std::minmax(peer, link.peer.value));
    }
  });
  std::ranges::sort(edges);  // each is seen from both ends
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  return Graph::from_edges(engine.size(), edges);
}

bool views_are_symmetric(const Engine& engine) {
  bool symmetric = true;
  each_alive(engine, [&](std::uint32_t peer) {
    for (const overlay::Link& link : engine.node(PeerRef{peer}).links().all()) {
      if (!link.active()) continue;
      const overlay::Link* const back =
          engine.alive(link.peer) ? engine.node(link.peer).links().find(PeerRef{peer}) : nullptr;
      symmetric = symmetric && back != nullptr && back->active();
    }
  });
  return symmetric;
}

Graph passive_views(const Engine& engine) {
  std::vector<Edge> edges;
  std::vector<PeerRef> known;
  each_alive(engine, [&](std::uint32_t peer) {
    known.clear();
    engine.node(PeerRef{peer}).membership().spares(known);
    for (const PeerRef other : known) edges.emplace_back(peer, other.value);
  });
  return Graph::from_edges(engine.size(), edges);
}

}  // namespace shoal::sim
