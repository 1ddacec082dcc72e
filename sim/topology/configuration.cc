// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sim/draw/fixed.h"
#include "sim/draw/weighted.h"
#include "sim/topology/generators.h"
#include "sim/topology/stubs.h"

namespace shoal::sim::topology {
namespace {

constexpr double kExponentMax = 20;

// One degree per peer from the power law, one more at the peer with the least if the sum is odd.
std::vector<std::uint32_t> draw_degrees(std::uint32_t peers, std::uint32_t least,
                                        std::uint32_t most, double exponent, Rng& rng) {
  std::vector<std::uint64_t> weights = zipf_weights(most, Fixed::from(exponent));
  std::fill_n(weights.begin(), least - 1, 0);
  if (weights[least - 1] == 0) weights[least - 1] = 1;  // steeper than numbers tell
  const WeightedDraw law(weights);
  std::vector<std::uint32_t> degrees(peers);
  std::uint64_t sum = 0;
  for (std::uint32_t& degree : degrees) sum += degree = law.draw(rng) + 1;
  if (sum % 2 != 0) ++*std::ranges::min_element(degrees);
  return degrees;
}

}  // namespace

/// Molloy, Reed: "A critical point for random graphs with a given degree sequence", Random
/// Structures & Algorithms 6 (1995), with degrees from a power law.
Result<Graph> configuration(const TopologyParameters& p, Rng& rng) {
  const std::uint32_t most =
      p.degree_max > 0
          ? p.degree_max
          : std::max(static_cast<std::uint32_t>(whole_square_root(p.peers)), p.degree_min);
  const std::string what = "graph of " + std::to_string(p.peers) + " peers with " +
                           std::to_string(p.degree_min) + " to " + std::to_string(most) + " links";
  if (p.degree_min == 0 || most < p.degree_min) {
    return refuse(what, "degrees go from degree_min, at least 1, up to degree_max",
                  "change degree_min or degree_max");
  }
  if (most >= p.peers) {
    return refuse(what, "a peer has links to others only",
                  "take more peers, or a smaller degree_max");
  }
  if (!(p.exponent >= 0 && p.exponent <= kExponentMax)) {
    return refuse(what, "its exponent is not between 0 and 20", "change exponent");
  }
  const std::uint64_t bound = std::uint64_t{p.peers} * most / 2;
  const bool cannot_overflow = bound <= limits::kGraphLinksMax;
  auto degrees = draw_degrees(p.peers, p.degree_min, most, p.exponent, rng);
  if (!cannot_overflow) {
    std::uint64_t ends = 0;
    for (const std::uint32_t degree : degrees) ends += degree;
    if (const auto fits = check_links(ends / 2); !fits) return tl::unexpected(fits.error());
  }
  return Graph::from_edges(p.peers, pair_stubs(degrees, rng).edges);
}

}  // namespace shoal::sim::topology
