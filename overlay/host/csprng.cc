// SPDX-License-Identifier: Apache-2.0
#include "overlay/host/csprng.h"

#include <openssl/rand.h>

#include <array>
#include <bit>

#include "proto/types/assert.h"

namespace shoal::overlay {

std::uint64_t SecureSource::fresh_nonce() {
  std::array<unsigned char, sizeof(std::uint64_t)> bytes{};
  const int drawn = RAND_bytes(bytes.data(), bytes.size());
  SHOAL_ASSERT(drawn == 1);
  return std::bit_cast<std::uint64_t>(bytes);
}

PeerId SecureSource::id_of(PeerRef peer) {
  const auto id = book_.id_of(peer);
  SHOAL_ASSERT(id.has_value());
  return *id;
}

}  // namespace shoal::overlay
