// SPDX-License-Identifier: Apache-2.0
// Tables and greedy lookups held against closed forms, and against numbers computed elsewhere.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "overlay/kademlia/table.h"
#include "tests/overlay/kademlia/ids.h"
#include "tests/support/reference_data.h"

namespace shoal::tests {
namespace {

using overlay::kademlia::common_prefix;
using overlay::kademlia::Point;
using overlay::kademlia::Table;

/// Peers by ascending id, of which only the first 64 bits are not zero.
class Population {
 public:
  Population(std::uint32_t peers, Rng rng) : rng_(rng) {
    std::vector<std::uint64_t> prefixes;
    for (std::uint32_t i = 0; i < peers; ++i) prefixes.push_back(rng_.next());
    take(prefixes);
  }
  /// Every id of so many bits.
  static Population full_space(unsigned bits, Rng rng) {
    std::vector<std::uint64_t> prefixes;
    for (std::uint64_t i = 0; i < std::uint64_t{1} << bits; ++i) {
      prefixes.push_back(i << (64 - bits));
    }
    return Population(prefixes, rng);
  }

  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(ids_.ids.size()); }
  PeerRef draw() { return PeerRef{static_cast<std::uint32_t>(rng_.below(size()))}; }
  [[nodiscard]] Point at(PeerRef peer) const { return ids_.at(peer); }
  Ids& ids() { return ids_; }

  /// The table of `peer`, with k drawn ones of each bucket.
  Table ideal_table(PeerRef peer, std::size_t k) {
    const Point self = at(peer);
    Table table(self, k);
    Kept kept;
    std::uint32_t low = 0;
    std::uint32_t high = size();
    for (unsigned bit = 0; bit < 64 && high - low > 1; ++bit) {
      const bool one = (self.words[0] >> (63 - bit) & 1) != 0;
      const std::uint32_t middle = first_with_bit(low, high, bit);
      hear_some(table, one ? low : middle, one ? middle : high, k, kept);
      (one ? low : high) = middle;
    }
    return table;
  }

  /// Requests of a greedy lookup of `target` by `source`, one after the other.
  unsigned hops(PeerRef source, PeerRef target, std::size_t k) {
    unsigned hops = 0;
    for (PeerRef at_peer = source; at_peer != target; ++hops) {
      std::vector<PeerRef> next;
      ideal_table(at_peer, k).nearest(at(target), 1, kNoPeer, false, ids_, next);
      EXPECT_EQ(next.size(), 1U);
      at_peer = next.at(0);
    }
    return hops;
  }

  struct Mean {
    double mean = 0;
    double error = 0;  ///< of the mean
  };
  Mean mean_hops(unsigned samples, std::size_t k) {
    double sum = 0;
    double squares = 0;
    for (unsigned i = 0; i < samples; ++i) {
      const PeerRef source = draw();
      PeerRef target = draw();
      while (target == source) target = draw();
      const double h = hops(source, target, k);
      sum += h;
      squares += h * h;
    }
    const double mean = sum / samples;
    return {mean, std::sqrt((squares / samples - mean * mean) / samples)};
  }

 private:
  Population(const std::vector<std::uint64_t>& prefixes, Rng rng) : rng_(rng) { take(prefixes); }
  void take(std::vector<std::uint64_t> prefixes) {
    std::ranges::sort(prefixes);
    for (const std::uint64_t prefix : prefixes) {
      ids_.add(PeerId{overlay::kademlia::bytes_of(Point{{prefix, 0, 0, 0}})});
    }
  }
  [[nodiscard]] std::uint32_t first_with_bit(std::uint32_t low, std::uint32_t high,
                                             unsigned bit) const {
    while (low < high) {
      const std::uint32_t middle = low + (high - low) / 2;
      const bool one = (at(PeerRef{middle}).words[0] >> (63 - bit) & 1) != 0;
      (one ? high : low) = one ? middle : middle + 1;
    }
    return low;
  }
  void hear_some(Table& table, std::uint32_t from, std::uint32_t to, std::size_t k, Kept& kept) {
    std::vector<std::uint32_t> chosen;
    const std::uint32_t count = to - from;
    if (count <= k) {
      for (std::uint32_t i = from; i < to; ++i) chosen.push_back(i);
    }
    while (chosen.size() < std::min<std::size_t>(k, count)) {
      const auto drawn = from + static_cast<std::uint32_t>(rng_.below(count));
      if (std::ranges::find(chosen, drawn) == chosen.end()) chosen.push_back(drawn);
    }
    for (const std::uint32_t i : chosen) {
      table.heard(PeerRef{i}, at(PeerRef{i}), Instant{}, kept.refs());
    }
  }

  Rng rng_;
  Ids ids_;
};

/// E[min(k; Bin(n; p))].
double expected_size(unsigned k, unsigned n, double p) {
  double chance = std::pow(1 - p, n);  // of exactly i
  double below = 0;
  double sum = 0;
  for (unsigned i = 0; i < k; ++i) {
    sum += i * chance;
    below += chance;
    chance *= (n - i) / (i + 1.0) * p / (1 - p);
  }
  return sum + k * (1 - below);
}

TEST(KademliaIdeal, HopsInAFullSpaceAreTheClosedForm) {
  for (const unsigned bits : {6U, 10U}) {
    auto population = Population::full_space(bits, Rng(1));
    const auto seen = population.mean_hops(8000, 1);
    const double all = std::pow(2.0, bits);
    EXPECT_NEAR(seen.mean, bits / 2.0 * all / (all - 1), 4 * seen.error) << bits;
  }
}

TEST(KademliaIdeal, HopsAreThoseOfReferenceData) {
  const auto table = ReferenceTable::read("oracle/kademlia_hops.csv");
  if (!table) GTEST_SKIP() << kNoReferenceData;
  unsigned rows = 0;
  std::uint32_t peers = 0;
  std::optional<Population> population;
  for (std::size_t row = 0; row < table->rows(); ++row) {
    const auto n = static_cast<std::uint32_t>(table->number(row, "N"));
    const auto k = static_cast<std::size_t>(table->number(row, "k"));
    if (n > 65'536) continue;
    if (n != peers) population.emplace(peers = n, Rng(n));
    const bool named = n == 65'536 && (k == 1 || k == 8 || k == 20);  // with a tolerance of its own
    const auto seen = population->mean_hops(named ? 4000 / static_cast<unsigned>(k) + 400 : 400, k);
    const double wanted = table->number(row, "mean_hops");
    const double error = std::hypot(seen.error, table->number(row, "stderr"));
    EXPECT_NEAR(seen.mean, wanted, 4 * error) << n << " peers, k " << k;
    if (named) {
      EXPECT_NEAR(seen.mean, wanted, 0.10) << n << " peers, k " << k;
    }
    ++rows;
  }
  EXPECT_EQ(rows, 30U);
}

/// Sizes of the buckets of peers that have heard of everybody, by common prefix, over `trials`
/// populations.
std::vector<double> bucket_sizes(std::uint32_t peers, std::size_t k, unsigned trials,
                                 std::size_t buckets) {
  std::vector<double> sizes(buckets);
  Rng rng(peers);
  for (unsigned trial = 0; trial < trials; ++trial) {
    Table table(Point{{rng.next(), 0, 0, 0}}, k);
    Kept kept;
    for (std::uint32_t i = 1; i < peers; ++i) {
      table.heard(PeerRef{i}, Point{{rng.next(), 0, 0, 0}}, Instant{}, kept.refs());
    }
    for (std::size_t i = 0; i < std::min(buckets, table.buckets()); ++i) {
      sizes[i] += static_cast<double>(table.contacts(i).size());
    }
  }
  for (double& size : sizes) size /= trials;
  return sizes;
}

TEST(KademliaIdeal, BucketsHaveTheSizesOfTheClosedForm) {
  const auto sizes = bucket_sizes(1000, 20, 200, 12);
  for (unsigned i = 0; i < sizes.size(); ++i) {
    const double p = std::pow(2.0, -static_cast<double>(i) - 1);
    const double sd = std::sqrt(999 * p * (1 - p) / 200);  // no less than that of the minimum
    EXPECT_NEAR(sizes[i], expected_size(20, 999, p), 4 * sd + 1e-9) << i;
  }
}

TEST(KademliaIdeal, BucketsHaveTheSizesOfReferenceData) {
  const auto table = ReferenceTable::read("oracle/kademlia_buckets.csv");
  if (!table) GTEST_SKIP() << kNoReferenceData;
  constexpr unsigned kTrials = 60;
  unsigned rows = 0;
  for (const auto& [n, k] : {std::pair{1000U, 20U}, {10'000U, 8U}, {10'000U, 20U}}) {
    const auto sizes = bucket_sizes(n, k, kTrials, 40);
    for (std::size_t row = 0; row < table->rows(); ++row) {
      if (table->number(row, "N") != n || table->number(row, "k") != k) continue;
      if (table->text(row, "candidates_mean").empty()) continue;  // a sum
      const auto i = static_cast<unsigned>(table->number(row, "bucket_cpl"));
      const double p = std::pow(2.0, -static_cast<double>(i) - 1);
      const double wanted = table->number(row, "expected_size");
      const double sd = std::sqrt((n - 1) * p * (1 - p) / kTrials);
      EXPECT_NEAR(sizes[i], wanted, 4 * sd + 1e-3) << n << " peers, k " << k << ", bucket " << i;
      EXPECT_NEAR(expected_size(k, n - 1, p), wanted, 1e-3) << "bucket " << i;
      ++rows;
    }
  }
  EXPECT_EQ(rows, 75U);
}

}  // namespace
}  // namespace shoal::tests
