// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace shoal::sim {

/// Two peers that know each other, by their numbers.
using Edge = std::pair<std::uint32_t, std::uint32_t>;

/// Who knows whom: undirected, simple, never changed. Peers are numbered from 0.
///
/// One array of neighbours and one of offsets: 4 bytes per peer and 8 per link.
class Graph {
 public:
  /// Peers without links.
  explicit Graph(std::uint32_t peers = 0) : offsets_(std::size_t{peers} + 1) {}

  /// Loops and repeated links (in either direction) are dropped and counted. Requires that every
  /// end is below `peers`, and fewer than 2^31 links. Cost: linear but for sorting each peer's
  /// neighbours.
  [[nodiscard]] static Graph from_edges(std::uint32_t peers, std::span<const Edge> edges);

  [[nodiscard]] std::uint32_t size() const {
    return static_cast<std::uint32_t>(offsets_.size() - 1);
  }
  /// Links; each counts once.
  [[nodiscard]] std::uint64_t edges() const { return ends_.size() / 2; }
  /// In ascending order. Valid as long as the graph. Requires peer < size().
  [[nodiscard]] std::span<const std::uint32_t> neighbours(std::uint32_t peer) const {
    return std::span(ends_).subspan(offsets_[peer], offsets_[peer + 1] - offsets_[peer]);
  }
  [[nodiscard]] std::uint32_t degree(std::uint32_t peer) const {
    return offsets_[peer + 1] - offsets_[peer];
  }
  [[nodiscard]] bool linked(std::uint32_t one, std::uint32_t other) const;
  /// Where `peer`'s neighbours begin when all peers' lists stand one after the other: a number for
  /// each end of each link, up to 2 * edges(). Requires peer <= size().
  [[nodiscard]] std::uint32_t offset(std::uint32_t peer) const { return offsets_[peer]; }

  /// What from_edges dropped.
  [[nodiscard]] std::uint64_t loops_dropped() const { return loops_dropped_; }
  [[nodiscard]] std::uint64_t doubles_dropped() const { return doubles_dropped_; }

  /// The same peers and links; what was dropped does not count.
  friend bool operator==(const Graph& a, const Graph& b) {
    return a.offsets_ == b.offsets_ && a.ends_ == b.ends_;
  }

 private:
  std::vector<std::uint32_t> offsets_;  // size() + 1
  std::vector<std::uint32_t> ends_;
  std::uint64_t loops_dropped_ = 0;
  std::uint64_t doubles_dropped_ = 0;
};

}  // namespace shoal::sim
