// SPDX-License-Identifier: Apache-2.0
// Handles that stay valid while an object lives. Internal to this folder.
#pragma once

#include <vector>

#include "proto/rpc/peer_book.h"

namespace shoal::overlay {

/// Holds of handles in a peer book, given back with the object. The book must outlive it.
class Held {
 public:
  explicit Held(rpc::PeerBook& book) : book_(book) {}
  ~Held() {
    if (first_ != kNoPeer) book_.release(first_);
    for (const PeerRef peer : further_) book_.release(peer);
  }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  /// The handle of `peer`, held from now on; kNoPeer when the book is full.
  PeerRef add(const PeerId& peer) {
    const PeerRef ref = book_.hold(peer);
    if (ref != kNoPeer) note(ref);
    return ref;
  }
  /// Requires that somebody holds it.
  void add(PeerRef peer) {
    book_.retain(peer);
    note(peer);
  }

 private:
  void note(PeerRef held) {
    if (first_ == kNoPeer) {
      first_ = held;
    } else {
      further_.push_back(held);
    }
  }

  rpc::PeerBook& book_;
  PeerRef first_ = kNoPeer;  ///< mostly the only one
  std::vector<PeerRef> further_;
};

}  // namespace shoal::overlay
