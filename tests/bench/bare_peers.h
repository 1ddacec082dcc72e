// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "proto/types/ids.h"
#include "sim/network/delay.h"
#include "sim/topology/graph.h"
#include "tests/bench/bare_engine.h"

namespace shoal::tests {

/// Eight bytes per peer, and its links in one array for all: as little as a flood can do with.
class BytePeers {
 public:
  BytePeers(const sim::Graph& graph, const sim::LinkLaw& law, std::uint64_t seed);

  void take(std::uint32_t to, std::uint32_t from, const QueryId& query, std::uint8_t ttl,
            std::vector<BareSend>& sends) {
    if (seen_[to] == query.high) return;
    seen_[to] = query.high;
    if (ttl <= 1) return;
    for (std::uint32_t i = rows_[to]; i < rows_[to + 1]; ++i) {
      if (links_[i].to != from) sends.push_back(links_[i]);
    }
  }
  void warm(std::uint32_t peer) const { __builtin_prefetch(&seen_[peer]); }

 private:
  std::vector<std::uint32_t> rows_;
  std::vector<BareSend> links_;
  std::vector<std::uint64_t> seen_;
};

/// A peer of a prototype: an object behind a virtual call.
class BarePeer {
 public:
  virtual ~BarePeer() = default;
  virtual void take(std::uint32_t from, const QueryId& query, std::uint8_t ttl,
                    std::vector<BareSend>& sends) = 0;
};

/// What a prototype of a flooding peer has, in as many bytes as a Node with all that it owns: its
/// links, and the queries that it has seen lately.
class FloodPeer final : public BarePeer {
 public:
  explicit FloodPeer(std::vector<BareSend> links) : links_(std::move(links)) {}
  void take(std::uint32_t from, const QueryId& query, std::uint8_t ttl,
            std::vector<BareSend>& sends) override;

 private:
  static constexpr std::size_t kRemembered = 5;  // as a Node does in the time of five searches

  std::vector<BareSend> links_;
  std::vector<QueryId> seen_;
  /// A Node, its overlay and its tables are 576 bytes with 8 links; here 64 of them are links.
  std::array<std::byte, 576 - 64 - 2 * sizeof(std::vector<BareSend>) - sizeof(void*)> rest_{};
};

class ObjectPeers {
 public:
  ObjectPeers(const sim::Graph& graph, const sim::LinkLaw& law, std::uint64_t seed);

  void take(std::uint32_t to, std::uint32_t from, const QueryId& query, std::uint8_t ttl,
            std::vector<BareSend>& sends) {
    peers_[to]->take(from, query, ttl, sends);
  }
  void warm(std::uint32_t peer) const { __builtin_prefetch(peers_[peer].get()); }

 private:
  std::vector<std::unique_ptr<BarePeer>> peers_;
};

}  // namespace shoal::tests
