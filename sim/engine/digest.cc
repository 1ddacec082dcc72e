// SPDX-License-Identifier: Apache-2.0
#include "sim/engine/digest.h"

namespace shoal::sim {

std::uint64_t fold_counts(std::uint64_t state, const Counts& counts) {
  const auto stir = [&state](std::uint64_t word) {
    state = fold(state ^ 0xa076'1d64'78bd'642fULL, word ^ 0xe703'7ed1'a0b4'28dbULL);
  };
  for (const std::int32_t peers : counts.peers_by_hop) {
    stir(static_cast<std::uint64_t>(std::int64_t{peers}));
  }
  stir(std::uint64_t{counts.copies} << 32 | counts.duplicates);
  return state;
}

std::uint64_t fold_opaque(std::uint64_t state, const OpaqueBody& body) {
  const auto stir = [&state](std::uint64_t word) {
    state = fold(state ^ word, 0xe703'7ed1'a0b4'28dbULL);
  };
  stir(body.bytes.size() << 16 | body.contacts.size());
  const auto* bytes = reinterpret_cast<const unsigned char*>(body.bytes.data());
  std::size_t left = body.bytes.size();
  for (; left >= 8; left -= 8, bytes += 8) {
    // Written out, the compiler sees that it is one load.
    stir(std::uint64_t{bytes[0]} | std::uint64_t{bytes[1]} << 8 | std::uint64_t{bytes[2]} << 16 |
         std::uint64_t{bytes[3]} << 24 | std::uint64_t{bytes[4]} << 32 |
         std::uint64_t{bytes[5]} << 40 | std::uint64_t{bytes[6]} << 48 |
         std::uint64_t{bytes[7]} << 56);
  }
  std::uint64_t rest = 0x517c;
  for (; left > 0; --left) rest = rest << 8 | *bytes++;
  stir(rest);
  const Contact* contact = body.contacts.data();
  const Contact* const end = contact + body.contacts.size();
  for (; end - contact >= 2; contact += 2) {
    stir(std::uint64_t{contact[0].peer.value} << 32 | contact[1].peer.value);
  }
  if (contact != end) stir(contact->peer.value);
  return state;
}

}  // namespace shoal::sim
