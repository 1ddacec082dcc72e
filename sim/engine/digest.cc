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

}  // namespace shoal::sim
