// SPDX-License-Identifier: Apache-2.0
#include "overlay/core/links.h"

#include <algorithm>

#include "proto/types/assert.h"

namespace shoal::overlay {

const Link* Links::find(PeerRef peer) const {
  const auto at = std::ranges::find(links_, peer, &Link::peer);
  return at == links_.end() ? nullptr : &*at;
}

Link* Links::find(PeerRef peer) {
  const auto at = std::ranges::find(links_, peer, &Link::peer);
  return at == links_.end() ? nullptr : &*at;
}

bool Links::any_active() const { return std::ranges::any_of(links_, &Link::active); }

Link& Links::add(Link link) {
  SHOAL_ASSERT(find(link.peer) == nullptr);
  // Exact growth while few: 8 links are 128 bytes, not 16 slots of which half are never used.
  if (links_.size() == links_.capacity() && links_.size() < 16) links_.reserve(links_.size() + 4);
  return links_.emplace_back(link);
}

void Links::remove(PeerRef peer) {
  const auto at = std::ranges::find(links_, peer, &Link::peer);
  SHOAL_ASSERT(at != links_.end());
  links_.erase(at);
}

}  // namespace shoal::overlay
