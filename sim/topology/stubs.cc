// SPDX-License-Identifier: Apache-2.0
#include "sim/topology/stubs.h"

#include <algorithm>
#include <utility>

#include "proto/types/assert.h"

namespace shoal::sim::topology {
namespace {

std::vector<Edge> join(std::span<const std::uint32_t> degrees, Rng& rng) {
  std::vector<std::uint32_t> stubs;
  std::uint64_t count = 0;
  for (const std::uint32_t degree : degrees) count += degree;
  SHOAL_ASSERT(count % 2 == 0 && count < std::uint64_t{1} << 32);
  stubs.reserve(count);
  for (std::uint32_t peer = 0; peer < degrees.size(); ++peer) {
    stubs.insert(stubs.end(), degrees[peer], peer);
  }
  for (std::size_t i = stubs.size(); i > 1; --i) std::swap(stubs[i - 1], stubs[rng.below(i)]);
  std::vector<Edge> edges;
  edges.reserve(count / 2);
  for (std::size_t i = 0; i < stubs.size(); i += 2) edges.emplace_back(stubs[i], stubs[i + 1]);
  return edges;
}

// Who is joined to whom, loops and repeats too. A switch changes nobody's degree, so each peer's
// stretch of the one array stays where it is.
class Joined {
 public:
  Joined(std::span<const std::uint32_t> degrees, std::span<const Edge> edges)
      : begins_(degrees.size() + 1) {
    for (std::size_t peer = 0; peer < degrees.size(); ++peer) {
      begins_[peer + 1] = begins_[peer] + degrees[peer];
    }
    ends_.resize(begins_.back());
    std::vector<std::uint32_t> next(begins_.begin(), begins_.end() - 1);
    for (const auto& [one, other] : edges) {
      ends_[next[one]++] = other;
      ends_[next[other]++] = one;
    }
    for (std::uint32_t peer = 0; peer < degrees.size(); ++peer) {
      std::ranges::sort(of(peer));
    }
  }

  std::span<std::uint32_t> of(std::uint32_t peer) {
    return std::span(ends_).subspan(begins_[peer], begins_[peer + 1] - begins_[peer]);
  }

  bool has(std::uint32_t one, std::uint32_t other) {
    const auto less = of(one).size() <= of(other).size() ? of(one) : of(other);
    const std::uint32_t sought = less.data() == of(one).data() ? other : one;
    return std::ranges::find(less, sought) != less.end();
  }

  void replace(std::uint32_t at, std::uint32_t old_end, std::uint32_t new_end) {
    *std::ranges::find(of(at), old_end) = new_end;
  }

 private:
  std::vector<std::uint32_t> begins_;
  std::vector<std::uint32_t> ends_;
};

Edge ordered(const Edge& edge) { return std::minmax(edge.first, edge.second); }

// The numbers of the edges that are loops, or repeat an earlier one. Requires lists as sorted by
// the constructor.
std::vector<std::size_t> bad_ones(Joined& joined, std::uint32_t peers,
                                  std::span<const Edge> edges) {
  std::vector<Edge> suspects;
  std::vector<bool> suspicious(peers);
  for (std::uint32_t peer = 0; peer < peers; ++peer) {
    const auto ends = joined.of(peer);
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (ends[i] == peer || (i > 0 && ends[i] == ends[i - 1])) {
        suspects.push_back(ordered({peer, ends[i]}));
        suspicious[peer] = true;
      }
    }
  }
  std::ranges::sort(suspects);
  suspects.erase(std::unique(suspects.begin(), suspects.end()), suspects.end());
  std::vector<bool> met(suspects.size());
  std::vector<std::size_t> bad;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    if (!suspicious[edges[i].first]) continue;
    const auto at = std::ranges::lower_bound(suspects, ordered(edges[i]));
    if (at == suspects.end() || *at != ordered(edges[i])) continue;
    const auto number = static_cast<std::size_t>(at - suspects.begin());
    if (met[number] || at->first == at->second) bad.push_back(i);
    met[number] = true;
  }
  return bad;
}

// Tries per bad link. One try succeeds unless the partner is a neighbour already, so this many fail
// only where nearly all are.
constexpr int kTries = 500;
// In small graphs repairs touch so many of the links that the law would be off by some percent:
// there so many switches per link follow. These are a Markov chain that forgets where it began and
// has all simple graphs of these degrees alike often.
constexpr std::size_t kSmall = 2048;
constexpr std::size_t kMixing = 20;

// One try to switch link `first` with a random one.
bool try_switch(Joined& joined, std::vector<Edge>& edges, std::size_t first, Rng& rng) {
  const auto [u, v] = edges[first];
  const std::uint64_t drawn = rng.below(2 * edges.size());
  const std::size_t second = drawn / 2;
  auto [x, y] = edges[second];
  if (drawn % 2 == 1) std::swap(x, y);
  if (second == first || u == x || v == y || joined.has(u, x) || joined.has(v, y)) return false;
  if (u == v && x == y) return false;  // two loops would become a double link
  joined.replace(u, v, x);
  joined.replace(v, u, y);
  joined.replace(x, y, u);
  joined.replace(y, x, v);
  edges[first] = {u, x};
  edges[second] = {v, y};
  return true;
}

bool repair(Joined& joined, std::vector<Edge>& edges, std::size_t bad, Rng& rng) {
  for (int i = 0; i < kTries; ++i) {
    if (try_switch(joined, edges, bad, rng)) return true;
  }
  return false;
}

}  // namespace

Paired pair_stubs(std::span<const std::uint32_t> degrees, Rng& rng) {
  Paired paired{join(degrees, rng)};
  Joined joined(degrees, paired.edges);
  const auto peers = static_cast<std::uint32_t>(degrees.size());
  for (const std::size_t bad : bad_ones(joined, peers, paired.edges)) {
    if (!repair(joined, paired.edges, bad, rng)) ++paired.not_simple;
  }
  if (paired.edges.size() <= kSmall && paired.not_simple == 0) {
    for (std::size_t i = 0; i < kMixing * paired.edges.size(); ++i) {
      try_switch(joined, paired.edges, rng.below(paired.edges.size()), rng);
    }
  }
  return paired;
}

}  // namespace shoal::sim::topology
