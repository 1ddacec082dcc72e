// SPDX-License-Identifier: Apache-2.0
#include "sim/engine/digest.h"

#include <utility>

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
  std::uint64_t word = body.bytes.size() << 16 | body.contacts.size();
  for (std::size_t i = 0; i < body.bytes.size(); ++i) {
    word = word << 8 | static_cast<std::uint8_t>(body.bytes[i]);
    if (i % 4 == 3) state = fold(state ^ std::exchange(word, 0x517c), 0xe703'7ed1'a0b4'28dbULL);
  }
  state = fold(state ^ word, 0x8ebc'6af0'9c88'c6e3ULL);
  for (const Contact& contact : body.contacts) {
    state = fold(state ^ contact.peer.value, 0x1d8e'4e27'c47d'124fULL);
  }
  return state;
}

}  // namespace shoal::sim
