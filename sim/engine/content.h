// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "proto/types/bodies.h"
#include "proto/types/ids.h"
#include "proto/types/rng.h"

namespace shoal::sim {

/// The id that `peer` has in every simulation; it looks like a hash of a key and is none.
PeerId simulated_id(PeerRef peer);
/// Its first 64 bits, the first byte being the highest.
inline std::uint64_t simulated_id_prefix(PeerRef peer) {
  return __builtin_bswap64(Rng(peer.value).next());
}

/// What the simulated peers share: the stand-in for the libraries of real ones.
///
/// Threads: find() is called from any thread, for different peers at once; what changes between two
/// runs of the engine must be changed by a world action, when nobody calls.
class Content {
 public:
  virtual ~Content() = default;

  /// Appends to `hits` what `peer` shares that answers `query`: HitBody payloads of at most
  /// limits::kHitFilesMax files each, `limit` files in all. Returns how many more there were.
  virtual std::size_t find(PeerRef peer, const QueryBody& query, std::uint32_t limit,
                           std::vector<PayloadRef>& hits) const = 0;
  /// Appends to `files` what `peer` shares, in the order of content ids, from the first one behind
  /// `after` on, `limit` files in all. Returns whether there are more.
  virtual bool list(PeerRef peer, const ContentId& after, std::uint32_t limit,
                    std::vector<SharedFile>& files) const = 0;
};

}  // namespace shoal::sim
