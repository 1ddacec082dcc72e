// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sim/draw/fixed.h"
#include "sim/topology/generators.h"

namespace shoal::sim::topology {
namespace {

// log2 of a point of the unit interval, negated, times 2^57.
std::uint64_t below_one(std::uint64_t point) { return (std::uint64_t{1} << 63) - log2_q57(point); }

std::vector<Edge> draw(std::uint32_t peers, double probability, Rng& rng) {
  // From one link to the next the number of pairs without one is geometric: jump there. Batagelj,
  // Brandes: "Efficient generation of large random networks", Physical Review E 71 (2005).
  constexpr double kAlmostAll = 0x1.fffffffffffffp63;  // 2^64 itself is no 64-bit number
  const auto free = static_cast<std::uint64_t>(std::min((1 - probability) * 0x1p64, kAlmostAll));
  const std::uint64_t unit =
      std::max<std::uint64_t>(below_one(std::max<std::uint64_t>(free, 1)), 1);
  std::vector<Edge> edges;
  const double pairs = 0.5 * peers * (peers - 1.0);
  edges.reserve(static_cast<std::size_t>(pairs * probability * 1.01) + 100);
  std::uint64_t low = below_one(rng.next() | 1) / unit;
  for (std::uint32_t high = 1; high < peers;) {
    if (low >= high) {
      low -= high++;
      continue;
    }
    edges.emplace_back(static_cast<std::uint32_t>(low), high);
    low += 1 + below_one(rng.next() | 1) / unit;
  }
  return edges;
}

}  // namespace

/// Gilbert's form of the model: every pair has a link with the same probability.
Result<Graph> erdos_renyi(const TopologyParameters& p, Rng& rng) {
  const std::string what = "Erdos-Renyi graph of " + std::to_string(p.peers) + " peers";
  if (p.peers < 2) return Graph(p.peers);
  const double probability = p.probability > 0 ? p.probability : p.degree / (p.peers - 1.0);
  if (!(probability >= 0 && probability <= 1)) {
    return p.probability != 0
               ? refuse(what, "a probability is between 0 and 1", "change probability")
               : refuse(what,
                        "a peer cannot have " + std::to_string(p.degree) + " links in the mean",
                        "take more peers, or a smaller degree");
  }
  const double expected = 0.5 * p.peers * (p.peers - 1.0) * probability;
  // With room for chance: a thousandth is dozens of standard deviations there.
  if (const auto fits = check_links(static_cast<std::uint64_t>(expected * 1.001)); !fits) {
    return tl::unexpected(fits.error());
  }
  if (probability == 0) return Graph(p.peers);
  TopologyParameters all = p;
  if (probability == 1) return complete(all, rng);
  return Graph::from_edges(p.peers, draw(p.peers, probability, rng));
}

}  // namespace shoal::sim::topology
