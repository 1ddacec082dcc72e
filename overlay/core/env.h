// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "proto/types/ids.h"
#include "proto/types/rng.h"
#include "proto/types/time.h"

namespace shoal::overlay {

/// What a core asks its driver for and cannot compute: a CSPRNG and the peer book on the wire, a
/// seeded stream and the node table in the simulator. Every answer goes into a record.
class EnvSource {
 public:
  virtual ~EnvSource() = default;
  /// Never the same twice; on the wire nobody can guess it.
  virtual QueryId fresh_query_id() = 0;
  /// A secret: keys the hash tables whose keys others choose.
  virtual std::uint64_t fresh_nonce() = 0;
  /// The id of a peer that is known by `peer`.
  virtual PeerId id_of(PeerRef peer) = 0;
  /// The first 64 bits of that id, the first byte being the highest: for drivers that have them
  /// faster than all of it.
  virtual std::uint64_t id_prefix_of(PeerRef peer) {
    const PeerId id = id_of(peer);
    std::uint64_t prefix = 0;
    for (std::size_t i = 0; i < 8; ++i) prefix = prefix << 8 | id.bytes[i];
    return prefix;
  }
  /// This peer's own handle: its id, and how others name it among the contacts of a message.
  virtual PeerRef self() = 0;
};

/// Everything a core may learn from outside, handed in with every call and never stored. There is
/// no other source: no globals, no now().
struct Env {
  Instant now;  ///< never smaller than in an earlier call to the same Node
  Rng& rng;     ///< this peer's own stream, for choices that need no secrecy
  EnvSource& source;
};

}  // namespace shoal::overlay
