// SPDX-License-Identifier: Apache-2.0
#include "sim/workload/presence.h"

#include <algorithm>
#include <utility>

#include "proto/types/assert.h"

namespace shoal::sim {

Presence::Presence(Engine& engine, const Graph& graph, Manner manner)
    : engine_(engine),
      graph_(graph),
      manner_(manner),
      here_(graph.size(), 1),
      present_(graph.size()) {
  SHOAL_ASSERT(engine.size() == graph.size());
}

void Presence::leave(std::uint32_t peer) {
  if (!here(peer)) return;
  here_[peer] = 0;
  --present_;
  if (manner_.memory == Memory::kLost) {
    engine_.crash(PeerRef{peer}, manner_.notice);
    return;
  }
  for (const std::uint32_t other : graph_.neighbours(peer)) {
    engine_.take_down(PeerRef{peer}, PeerRef{other}, {}, manner_.notice);
  }
}

void Presence::join(std::uint32_t peer) {
  if (here(peer)) return;
  here_[peer] = 1;
  ++present_;
  if (manner_.memory == Memory::kLost) engine_.restart(PeerRef{peer});
  for (const std::uint32_t other : graph_.neighbours(peer)) connect(peer, other);
}

Edge Presence::peers_of(std::uint32_t end) const {
  std::uint32_t low = 0;
  std::uint32_t high = graph_.size();
  while (high - low > 1) {  // the last peer whose links begin at or before `end`
    const std::uint32_t middle = low + (high - low) / 2;
    (graph_.offset(middle) <= end ? low : high) = middle;
  }
  return {low, graph_.neighbours(low)[end - graph_.offset(low)]};
}

void Presence::cut(Edge edge) {
  if (edge.first > edge.second) std::swap(edge.first, edge.second);
  const auto at = std::ranges::lower_bound(cuts_, edge);
  if (at != cuts_.end() && *at == edge) return;
  cuts_.insert(at, edge);
  engine_.take_down(PeerRef{edge.first}, PeerRef{edge.second});
}

void Presence::mend(Edge edge) {
  if (edge.first > edge.second) std::swap(edge.first, edge.second);
  const auto at = std::ranges::lower_bound(cuts_, edge);
  if (at == cuts_.end() || *at != edge) return;
  cuts_.erase(at);
  connect(edge.first, edge.second);
}

void Presence::connect(std::uint32_t one, std::uint32_t other) {
  const Edge edge = std::minmax(one, other);
  if (!here(one) || !here(other) || std::ranges::binary_search(cuts_, edge)) return;
  engine_.bring_up(PeerRef{one}, PeerRef{other});
}

}  // namespace shoal::sim
