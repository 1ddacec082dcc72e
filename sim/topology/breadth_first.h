// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "proto/types/assert.h"
#include "sim/topology/graph.h"

namespace shoal::sim {

/// Who is how many hops from a peer: breadth-first search, again and again over one graph.
///
/// Cost: 8 bytes per peer; a run takes time for what it reaches only.
class BreadthFirst {
 public:
  static constexpr std::uint32_t kEverywhere = 0xffff'ffff;

  /// `graph` must outlive this.
  explicit BreadthFirst(const Graph& graph) : graph_(graph), met_(graph.size()) {}

  /// Finds all peers within `hops` of `source`. Forgets the run before.
  void run(std::uint32_t source, std::uint32_t hops = kEverywhere) {
    run(source, hops, [](std::uint32_t, std::uint32_t) { return true; });
  }
  /// The same over links for which `open(from, to)` is true only.
  template <class Open>
  void run(std::uint32_t source, std::uint32_t hops, Open open) {
    SHOAL_ASSERT(source < graph_.size());
    if (++run_ == 0) {  // after 2^32 runs
      met_.assign(met_.size(), 0);
      run_ = 1;
    }
    reached_.assign(1, source);
    begins_.assign({0, 1});
    met_[source] = run_;
    while (begins_.size() - 2 < hops) {
      const std::size_t begin = begins_[begins_.size() - 2];
      const std::size_t end = begins_.back();
      for (std::size_t i = begin; i < end; ++i) {
        const std::uint32_t from = reached_[i];
        for (const std::uint32_t to : graph_.neighbours(from)) {
          if (met_[to] == run_ || !open(from, to)) continue;
          met_[to] = run_;
          reached_.push_back(to);
        }
      }
      if (reached_.size() == end) return;
      begins_.push_back(reached_.size());
    }
  }

  /// Those found, the source first, nearer ones before farther ones.
  [[nodiscard]] std::span<const std::uint32_t> reached() const { return reached_; }
  /// Those at exactly that distance.
  [[nodiscard]] std::span<const std::uint32_t> at(std::uint32_t hops) const {
    if (hops > farthest()) return {};
    return std::span(reached_).subspan(begins_[hops], begins_[hops + 1] - begins_[hops]);
  }
  /// Hops to the farthest one found.
  [[nodiscard]] std::uint32_t farthest() const {
    return static_cast<std::uint32_t>(begins_.size() - 2);
  }
  [[nodiscard]] bool found(std::uint32_t peer) const { return met_[peer] == run_; }

 private:
  const Graph& graph_;
  std::vector<std::uint32_t> met_;  // the last run that found a peer
  std::uint32_t run_ = 1;
  std::vector<std::uint32_t> reached_;
  std::vector<std::size_t> begins_{0, 0};  // of each distance in reached_, and the end
};

}  // namespace shoal::sim
