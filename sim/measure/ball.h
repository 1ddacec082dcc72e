// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace shoal::sim {

/// Ground truth: who is within so many hops, by breadth-first search. Keeps its arrays between
/// uses: 8 bytes a peer.
class BallSearch {
 public:
  explicit BallSearch(std::uint32_t peers) : stamps_(peers) {}

  /// Finds the peers within `hops` hops of `source`. `neighbours(peer, visit)` calls visit(other)
  /// for each neighbour. Cost: linear in the links of the ball.
  template <class Neighbours>
  void run(std::uint32_t source, unsigned hops, Neighbours neighbours) {
    if (++stamp_ == 0) {  // wrapped around
      stamps_.assign(stamps_.size(), 0);
      stamp_ = 1;
    }
    found_.clear();
    ends_.clear();
    take(source);
    std::size_t level = 0;
    for (unsigned hop = 0; hop < hops && level < found_.size(); ++hop) {
      const std::size_t end = found_.size();
      for (; level < end; ++level) {
        neighbours(found_[level], [this](std::uint32_t other) {
          if (stamps_[other] != stamp_) take(other);
        });
      }
      if (found_.size() > end) ends_.push_back(found_.size());
    }
  }

  /// Of the last run, without the source.
  [[nodiscard]] std::uint64_t size() const { return found_.size() - 1; }
  /// The source is in it too.
  [[nodiscard]] bool contains(std::uint32_t peer) const { return stamps_[peer] == stamp_; }
  /// Peers at exactly `hop` hops, from 1 on; 0 beyond the last.
  [[nodiscard]] std::uint64_t at_hop(unsigned hop) const {
    if (hop == 0 || hop > ends_.size()) return 0;
    return ends_[hop - 1] - (hop == 1 ? 1 : ends_[hop - 2]);
  }
  /// The source first, then by distance.
  [[nodiscard]] std::span<const std::uint32_t> peers() const { return found_; }
  /// The largest distance found.
  [[nodiscard]] unsigned depth() const { return static_cast<unsigned>(ends_.size()); }

 private:
  void take(std::uint32_t peer) {
    stamps_[peer] = stamp_;
    found_.push_back(peer);
  }

  std::vector<std::uint32_t> stamps_;
  std::uint32_t stamp_ = 0;
  std::vector<std::uint32_t> found_;
  std::vector<std::size_t> ends_;  // of each level, one past, in found_
};

}  // namespace shoal::sim
