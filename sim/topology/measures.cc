// SPDX-License-Identifier: Apache-2.0
#include "sim/topology/measures.h"

#include <algorithm>
#include <numeric>
#include <span>

#include "proto/types/rng.h"
#include "sim/topology/breadth_first.h"

namespace shoal::sim {

Degrees degrees_of(const Graph& graph) {
  Degrees degrees;
  if (graph.size() == 0) return degrees;
  degrees.least = graph.degree(0);
  for (std::uint32_t peer = 0; peer < graph.size(); ++peer) {
    const std::uint32_t degree = graph.degree(peer);
    degrees.least = std::min(degrees.least, degree);
    degrees.most = std::max(degrees.most, degree);
    if (degrees.peers.size() <= degree) degrees.peers.resize(degree + 1);
    ++degrees.peers[degree];
  }
  degrees.mean = 2 * static_cast<double>(graph.edges()) / graph.size();
  return degrees;
}

Components components_of(const Graph& graph) {
  constexpr std::uint32_t kNone = 0xffff'ffff;
  Components components;
  components.of.assign(graph.size(), kNone);
  std::vector<std::uint32_t> open;
  for (std::uint32_t first = 0; first < graph.size(); ++first) {
    if (components.of[first] != kNone) continue;
    const auto number = static_cast<std::uint32_t>(components.sizes.size());
    std::uint32_t size = 0;
    components.of[first] = number;
    open.assign(1, first);
    while (!open.empty()) {
      const std::uint32_t peer = open.back();
      open.pop_back();
      ++size;
      for (const std::uint32_t other : graph.neighbours(peer)) {
        if (components.of[other] != kNone) continue;
        components.of[other] = number;
        open.push_back(other);
      }
    }
    components.sizes.push_back(size);
    components.largest = std::max(components.largest, size);
  }
  return components;
}

namespace {

// Every link from the end with fewer links to the one with more (equal: by number), so that no
// peer, not even a hub, has many that it leads to. Chiba, Nishizeki: "Arboricity and subgraph
// listing algorithms", SIAM J. Computing 14 (1985).
struct Upwards {
  std::vector<std::uint32_t> begins;
  std::vector<std::uint32_t> ends;

  explicit Upwards(const Graph& graph) : begins(std::size_t{graph.size()} + 1) {
    ends.reserve(graph.edges());
    for (std::uint32_t peer = 0; peer < graph.size(); ++peer) {
      for (const std::uint32_t other : graph.neighbours(peer)) {
        const std::uint32_t here = graph.degree(peer);
        const std::uint32_t there = graph.degree(other);
        if (here < there || (here == there && peer < other)) ends.push_back(other);
      }
      begins[peer + 1] = static_cast<std::uint32_t>(ends.size());
    }
  }

  [[nodiscard]] std::span<const std::uint32_t> of(std::uint32_t peer) const {
    return std::span(ends).subspan(begins[peer], begins[peer + 1] - begins[peer]);
  }
};

}  // namespace

Clustering clustering_of(const Graph& graph) {
  const Upwards upwards(graph);
  std::vector<std::uint32_t> marked(graph.size());  // by peer + 1
  std::vector<std::uint64_t> triangles(graph.size());
  Clustering clustering;
  for (std::uint32_t one = 0; one < graph.size(); ++one) {
    for (const std::uint32_t other : upwards.of(one)) marked[other] = one + 1;
    for (const std::uint32_t other : upwards.of(one)) {
      for (const std::uint32_t third : upwards.of(other)) {
        if (marked[third] != one + 1) continue;
        ++clustering.triangles;
        ++triangles[one];
        ++triangles[other];
        ++triangles[third];
      }
    }
  }
  double pairs_of_all = 0;
  double sum = 0;
  for (std::uint32_t peer = 0; peer < graph.size(); ++peer) {
    const double pairs = graph.degree(peer) * (graph.degree(peer) - 1.0) / 2;
    pairs_of_all += pairs;
    if (pairs > 0) sum += static_cast<double>(triangles[peer]) / pairs;
  }
  if (graph.size() > 0) clustering.mean_local = sum / graph.size();
  if (pairs_of_all > 0) {
    clustering.global = 3 * static_cast<double>(clustering.triangles) / pairs_of_all;
  }
  return clustering;
}

Distances distances_of(const Graph& graph, std::uint32_t sources_max, std::uint64_t seed) {
  std::vector<std::uint32_t> sources(graph.size());
  std::iota(sources.begin(), sources.end(), 0U);
  Distances distances;
  distances.exact = graph.size() <= sources_max;
  if (!distances.exact) {
    Rng rng(seed);
    for (std::uint32_t i = 0; i < sources_max; ++i) {
      std::swap(sources[i], sources[i + rng.below(graph.size() - i)]);
    }
    sources.resize(sources_max);
  }
  distances.sources = static_cast<std::uint32_t>(sources.size());
  distances.pairs.assign(1, 0);
  BreadthFirst search(graph);
  for (const std::uint32_t source : sources) {
    search.run(source);
    if (distances.pairs.size() <= search.farthest()) distances.pairs.resize(search.farthest() + 1);
    for (std::uint32_t hops = 1; hops <= search.farthest(); ++hops) {
      distances.pairs[hops] += search.at(hops).size();
    }
  }
  double sum = 0;
  double pairs = 0;
  for (std::size_t hops = 1; hops < distances.pairs.size(); ++hops) {
    pairs += static_cast<double>(distances.pairs[hops]);
    sum += static_cast<double>(hops) * static_cast<double>(distances.pairs[hops]);
  }
  distances.longest = static_cast<std::uint32_t>(distances.pairs.size() - 1);
  if (pairs > 0) distances.mean = sum / pairs;
  return distances;
}

}  // namespace shoal::sim
