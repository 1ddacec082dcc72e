// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <vector>

#include "proto/types/ids.h"

namespace shoal::overlay {

/// The links over which a copy was sent on and that have not answered, and what is counted most of
/// those that have.
///
/// As many as most peers have neighbours lie here: an echo then reads no further. 40 bytes; for
/// more than eight links, 40 more and 4 for each.
class Edges {
 public:
  enum Counted : std::uint8_t {
    kCopies,      ///< sent over them
    kDuplicates,  ///< of these
    kLeaves,      ///< of these: peers with nothing below
  };

  Edges() = default;
  Edges(const Edges&) = delete;
  Edges& operator=(const Edges&) = delete;
  ~Edges() {
    if (many()) delete more_;
  }

  /// Makes room for so many links, and for as much to count.
  void reserve(std::size_t links) {
    if (links > kInside && !many()) move_out(links);
  }
  void add(PeerRef to) {
    if (size_ == kInside) move_out(kInside + 1);
    if (many()) return more_->edges.push_back(to);
    inside_[size_++] = to;
  }
  /// Takes out the link to `to`, who has answered or is gone; false when it is not there.
  bool remove(PeerRef to) {
    if (many()) {
      const auto at = std::ranges::find(more_->edges, to);
      if (at == more_->edges.end()) return false;
      more_->edges.erase(at);
      return true;
    }
    // Always the same steps, whoever answers and whoever did: a processor guesses them right.
    bool found = false;
    for (PeerRef& edge : std::span(inside_).first(size_)) {
      const bool here = edge == to;
      found = found || here;
      edge = here ? kNoPeer : edge;
    }
    answered_ = static_cast<std::uint8_t>(answered_ + (found ? 1 : 0));
    return found;
  }
  /// In the order in which they were added; kNoPeer in place of some that were taken out.
  [[nodiscard]] std::span<const PeerRef> all() const {
    return many() ? std::span<const PeerRef>(more_->edges) : std::span(inside_).first(size_);
  }
  [[nodiscard]] bool has(PeerRef to) const { return std::ranges::find(all(), to) != all().end(); }
  /// How many have not answered yet.
  [[nodiscard]] std::uint32_t open() const {
    return many() ? static_cast<std::uint32_t>(more_->edges.size())
                  : static_cast<std::uint32_t>(size_ - answered_);
  }
  /// Takes out all links; what was counted stays.
  void forget() {
    if (many()) {
      more_->edges.clear();
    } else {
      size_ = answered_ = 0;
    }
  }

  void count(Counted what) { count_by(what, 1); }
  /// Requires that it was counted.
  void uncount(Counted what) { count_by(what, -1); }
  [[nodiscard]] std::uint32_t counted(Counted what) const {
    return many() ? more_->counted[what] : counted_[what];
  }
  [[nodiscard]] bool none_counted() const {
    return counted(kCopies) == 0 && counted(kDuplicates) == 0 && counted(kLeaves) == 0;
  }
  void count_anew() {
    counted_ = {};
    if (many()) more_->counted = {};
  }

  /// Beside this object.
  [[nodiscard]] std::size_t bytes() const {
    return many() ? sizeof(More) + more_->edges.capacity() * sizeof(PeerRef) : 0;
  }

 private:
  static constexpr std::uint8_t kInside = 8;
  static constexpr std::uint8_t kMany = 0xff;  // more_ is in use

  struct More {
    std::vector<PeerRef> edges;
    std::array<std::uint32_t, 3> counted{};
  };

  [[nodiscard]] bool many() const { return size_ == kMany; }
  void move_out(std::size_t room) {
    auto more = std::make_unique<More>();
    more->edges.reserve(room);
    std::ranges::copy_if(all(), std::back_inserter(more->edges),
                         [](PeerRef edge) { return edge != kNoPeer; });
    std::ranges::copy(counted_, more->counted.begin());
    more_ = more.release();
    size_ = kMany;
  }
  void count_by(Counted what, int by) {
    if (many()) {
      more_->counted[what] += static_cast<std::uint32_t>(by);
    } else {  // no more than there is room for
      counted_[what] = static_cast<std::uint8_t>(counted_[what] + by);
    }
  }

  union {
    std::array<PeerRef, kInside> inside_{};
    More* more_;
  };
  std::uint8_t size_ = 0;
  std::uint8_t answered_ = 0;  // of those inside: they are kNoPeer
  std::array<std::uint8_t, 3> counted_{};
};
static_assert(sizeof(Edges) == 40);

}  // namespace shoal::overlay
