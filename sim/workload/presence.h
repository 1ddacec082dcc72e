// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <functional>
#include <vector>

#include "sim/engine/engine.h"
#include "sim/topology/graph.h"

namespace shoal::sim {

/// What a peer that was away remembers.
enum class Memory : std::uint8_t {
  kLost,  ///< nothing: its process had ended
  kKept,  ///< all: only its links were down
};

/// Why a peer is away: it is back when no reason is left.
enum class Absence : std::uint8_t { kChurn = 1, kFault = 2, kScript = 4 };

/// Who is in the network. Whatever makes peers leave and links go down does it through here, so
/// that a link comes up only between two peers that are both here.
///
/// Requires that the engine was built from `graph`, with all peers and links up.
class Presence {
 public:
  struct Manner {
    Memory memory = Memory::kLost;
    Duration notice{};  ///< after so long the neighbours of a leaving peer know
    /// Called with each peer that has come back, last of all; may be empty.
    std::function<void(std::uint32_t)> on_return = {};
  };
  Presence(Engine& engine, const Graph& graph, Manner manner);
  Presence(const Presence&) = delete;
  Presence& operator=(const Presence&) = delete;

  [[nodiscard]] bool here(std::uint32_t peer) const { return away_[peer] == 0; }
  [[nodiscard]] std::uint32_t size() const { return present_; }
  /// No effect when it is away for that reason already (join: when it is not).
  void leave(std::uint32_t peer, Absence reason);
  void join(std::uint32_t peer, Absence reason);
  /// Takes a link down, both ends learn of it at once; it stays so until mend(), whoever joins.
  /// No effect when it is cut already (mend: when it is not).
  void cut(Edge edge);
  void mend(Edge edge);

  [[nodiscard]] Engine& engine() { return engine_; }
  [[nodiscard]] const Graph& graph() const { return graph_; }

 private:
  void connect(std::uint32_t one, std::uint32_t other);

  Engine& engine_;
  const Graph& graph_;
  Manner manner_;
  std::vector<std::uint8_t> away_;  // reasons, by peer
  std::uint32_t present_;
  boost::unordered_flat_set<std::uint64_t> cuts_;  // links, by both peers
};

}  // namespace shoal::sim
