// SPDX-License-Identifier: Apache-2.0
#include "sim/workload/catalogue.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "sim/workload/library.h"

namespace shoal::sim {
namespace {

CataloguePlan plan_of(std::uint32_t files, Placement placement, double replicas, double zipf) {
  CataloguePlan plan;
  plan.files = files;
  plan.placement = placement;
  plan.replicas = replicas;
  plan.zipf = zipf;
  return plan;
}

// Expected search size over M peers in units of M / (files * replicas): sum of q_i / p_i, with p_i
// the share of replicas of file i (Cohen, Shenker 2002, section 3).
double search_size(const std::vector<std::uint32_t>& counts, double zipf) {
  double demand = 0;
  const auto weight = [zipf](std::size_t i) { return std::pow(static_cast<double>(i + 1), -zipf); };
  for (std::size_t i = 0; i < counts.size(); ++i) demand += weight(i);
  const double all = std::accumulate(counts.begin(), counts.end(), 0.0);
  double size = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    size += weight(i) / demand / (counts[i] / all);
  }
  return size;
}

TEST(Catalogue, GivesEveryFileEquallyManyHoldersWhenUniform) {
  const auto counts = replicas_of(plan_of(7, Placement::kUniform, 5, 1), 100);
  EXPECT_EQ(counts, std::vector<std::uint32_t>(7, 5));
}

TEST(Catalogue, GivesEachFileItsOwnerOnly) {
  const auto counts = replicas_of(plan_of(4, Placement::kOwner, 50, 1), 100);
  EXPECT_EQ(counts, std::vector<std::uint32_t>(4, 1));
}

// oracle/replication_ess.csv: 1000 files, exponent 1: 1000 for uniform and proportional, 510.237
// for the square root. Rounding to whole replicas costs a little.
TEST(Catalogue, PlacesBySquareRootForTheSmallestSearch) {
  const std::uint32_t most = 100'000'000;
  const double replicas = 20'000;
  EXPECT_NEAR(search_size(replicas_of(plan_of(1000, Placement::kUniform, replicas, 1), most), 1),
              1000, 1e-6);
  EXPECT_NEAR(
      search_size(replicas_of(plan_of(1000, Placement::kProportional, replicas, 1), most), 1), 1000,
      0.1);
  EXPECT_NEAR(search_size(replicas_of(plan_of(1000, Placement::kSquareRoot, replicas, 1), most), 1),
              510.237, 0.01);
}

TEST(Catalogue, RefusesWhatCannotBe) {
  CataloguePlan plan = plan_of(3, Placement::kUniform, 11, 0);
  EXPECT_FALSE(Catalogue::make(plan, 10, Rng(1)));
  plan.replicas = 2;
  plan.free_riders = 1;
  EXPECT_FALSE(Catalogue::make(plan, 10, Rng(1)));
}

TEST(Catalogue, PublishesAndWithdraws) {
  auto made = Catalogue::make(plan_of(2, Placement::kOwner, 1, 0), 10, Rng(3));
  ASSERT_TRUE(made);
  Catalogue& catalogue = *made;
  const std::uint32_t holder = catalogue.holders(1)[0];
  EXPECT_FALSE(catalogue.publish(holder, 1));
  EXPECT_TRUE(catalogue.withdraw(holder, 1));
  EXPECT_FALSE(catalogue.withdraw(holder, 1));
  EXPECT_FALSE(catalogue.holds(holder, 1));
  EXPECT_TRUE(catalogue.publish(9, 1));
  EXPECT_TRUE(catalogue.publish(2, 1));
  EXPECT_EQ(std::vector<std::uint32_t>(catalogue.holders(1).begin(), catalogue.holders(1).end()),
            (std::vector<std::uint32_t>{2, 9}));
}

TEST(Catalogue, AnswersLookupsForExactlyWhatAPeerHolds) {
  auto made = Catalogue::make(plan_of(5, Placement::kUniform, 2, 0), 6, Rng(4));
  ASSERT_TRUE(made);
  const Library library(*made);
  for (std::uint32_t file = 0; file < 5; ++file) {
    QueryBody query;
    query.content = content_of(file);
    for (std::uint32_t peer = 0; peer < 6; ++peer) {
      std::vector<PayloadRef> hits;
      EXPECT_EQ(library.find(PeerRef{peer}, query, 5, hits), 0U);
      EXPECT_EQ(hits.size(), made->holds(peer, file) ? 1U : 0U);
      hits.clear();
      EXPECT_EQ(library.find(PeerRef{peer}, query, 0, hits), made->holds(peer, file) ? 1U : 0U);
      EXPECT_TRUE(hits.empty());
    }
  }
  QueryBody words;
  words.terms = "file";
  std::vector<PayloadRef> hits;
  EXPECT_EQ(library.find(PeerRef{0}, words, 5, hits), 0U);
}

RC_GTEST_PROP(Catalogue, KeepsItsPromisesForEveryPlan, ()) {
  const auto peers = *rc::gen::inRange<std::uint32_t>(1, 200).as("peers");
  CataloguePlan plan;
  plan.files = *rc::gen::inRange<std::uint32_t>(1, 60).as("files");
  plan.placement = *rc::gen::element(Placement::kUniform, Placement::kProportional,
                                     Placement::kSquareRoot, Placement::kOwner)
                        .as("placement");
  plan.zipf = *rc::gen::inRange(0, 30).as("tenths of the exponent") / 10.0;
  plan.free_riders = *rc::gen::inRange(0, 10).as("tenths of free riders") / 10.0;
  const auto riders = static_cast<std::uint32_t>(std::lround(plan.free_riders * peers));
  RC_PRE(riders < peers);
  plan.replicas = *rc::gen::inRange<std::uint32_t>(1, peers - riders + 1).as("replicas");
  const auto seed = *rc::gen::arbitrary<std::uint64_t>().as("seed");
  const auto made = Catalogue::make(plan, peers, Rng(seed));
  RC_ASSERT(made.has_value());
  std::vector<bool> holds(peers);
  std::uint64_t sum = 0;
  for (std::uint32_t file = 0; file < plan.files; ++file) {
    const auto holders = made->holders(file);
    RC_ASSERT(!holders.empty());
    RC_ASSERT(std::ranges::is_sorted(holders));
    RC_ASSERT(std::ranges::adjacent_find(holders) == holders.end());
    for (const std::uint32_t peer : holders) {
      RC_ASSERT(peer < peers);
      holds[peer] = true;
    }
    sum += holders.size();
  }
  RC_ASSERT(static_cast<std::uint32_t>(std::ranges::count(holds, true)) <= peers - riders);
  RC_ASSERT(made->sharers().size() == peers - riders);
  RC_ASSERT(sum == made->replicas());
  if (plan.placement == Placement::kUniform) RC_ASSERT(sum == plan.replicas * plan.files);
  RC_ASSERT(sum <= std::max<double>(plan.files, plan.replicas * plan.files));
  const auto again = Catalogue::make(plan, peers, Rng(seed));
  for (std::uint32_t file = 0; file < plan.files; ++file) {
    RC_ASSERT(std::ranges::equal(made->holders(file), again->holders(file)));
  }
}

}  // namespace
}  // namespace shoal::sim
