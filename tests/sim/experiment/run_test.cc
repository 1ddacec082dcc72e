// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "tests/support/temp_folder.h"

namespace shoal::sim {
namespace {

// Five peers around one; file 0 is held by a drawn owner only.
Experiment star() {
  Experiment experiment;
  experiment.topology.family = "star";
  experiment.topology.parameters.peers = 6;
  experiment.content.files = 2;
  experiment.content.placement = Placement::kOwner;
  experiment.overlay.ttl = 2;
  experiment.run.threads = 1;
  experiment.workload.searches = 0;
  return experiment;
}

Result<RunResult> follow(Experiment experiment, const std::string& script) {
  const tests::TempFolder folder;
  experiment.workload.script = folder.path() + "/script.txt";
  std::ofstream(experiment.workload.script) << script;
  return run_once(experiment, 1);
}

TEST(Run, FollowsAScript) {
  const Experiment experiment = star();
  const std::string alone =
      "0 1 WITHDRAW 0\n0 2 WITHDRAW 0\n0 3 WITHDRAW 0\n0 4 WITHDRAW 0\n0 5 WITHDRAW 0\n"
      "0 0 WITHDRAW 0\n0 4 SHARE 0\n";
  const auto found = follow(experiment, alone + "1 1 SEARCH 0\n");
  ASSERT_TRUE(found) << found.error().why;
  EXPECT_EQ(found->searches, 1U);
  EXPECT_EQ(found->success, 1.0);
  EXPECT_EQ(found->recall, 1.0);
  EXPECT_EQ(found->reach, 5.0);

  const auto withdrawn = follow(experiment, alone + "1 4 WITHDRAW 0\n2 1 SEARCH 0\n");
  ASSERT_TRUE(withdrawn);
  EXPECT_EQ(withdrawn->success, 0.0);
  EXPECT_EQ(withdrawn->possible, 0.0);

  const auto left =
      follow(experiment, alone + "1 4 LEAVE\n30 1 SEARCH 0\n60 4 JOIN\n70 1 SEARCH 0\n");
  ASSERT_TRUE(left);
  EXPECT_EQ(left->started, 2U);
  EXPECT_EQ(left->success, 0.5);
  EXPECT_EQ(left->possible, 0.5);
  EXPECT_EQ(left->peers_at_end, 6U);
  EXPECT_EQ(left->departures, 1U);
  EXPECT_EQ(left->returns, 1U);
  EXPECT_EQ(left->moved, found->moved);
  EXPECT_EQ(withdrawn->moved, found->moved + 1);

  const auto away = follow(experiment, "1 4 LEAVE\n2 4 SEARCH 0\n");
  ASSERT_TRUE(away);
  EXPECT_EQ(away->searches, 1U);
  EXPECT_EQ(away->started, 0U);
}

TEST(Run, SaysNothingOfSuccessWhereThereIsNothingToFind) {
  Experiment experiment;
  experiment.topology.parameters.peers = 30;
  const auto success = [&] {
    const auto result = run_once(experiment, 1);
    const auto all = figures();
    const auto figure = std::ranges::find(all, "success", &Figure::name);
    return figure->of(result.value());
  };
  EXPECT_EQ(success(), std::nullopt);
  experiment.content.files = 1;
  EXPECT_EQ(success(), 1.0);
}

TEST(Run, EndsEverySearchUnderFaultsOfAllKinds) {
  Experiment experiment;
  experiment.topology.parameters.peers = 200;
  experiment.topology.parameters.degree = 6;
  experiment.overlay.ttl = 4;
  experiment.content.files = 20;
  experiment.workload.searches = 60;
  experiment.workload.rate = 5;
  experiment.churn.kind = ChurnKind::kPareto;
  experiment.churn.shape = 1.5;
  experiment.churn.scale = seconds(20);
  experiment.churn.down = seconds(10);
  experiment.faults.rates.link_downs.per_second = 20;
  experiment.faults.rates.stalls.per_second = 20;
  experiment.faults.rates.crashes.per_second = 2;
  experiment.faults.rates.jumps = {2, seconds(1)};
  experiment.faults.clock_skew = 500;
  experiment.faults.partition = PartitionChoice::kAsymmetric;
  experiment.faults.partition_from = seconds(4);
  experiment.faults.partition_time = seconds(5);
  experiment.faults.silence = seconds(2);
  experiment.faults.undialable = 0.2;
  experiment.network.lines = "0.5 1M 4M, 0.5 100M 100M";
  experiment.network.jitter = milliseconds(20);
  for (const bool keep : {false, true}) {
    experiment.churn.keep_state = keep;
    const auto result = run_once(experiment, 3);
    ASSERT_TRUE(result) << result.error().why;
    EXPECT_GT(result->started, 30U);
    EXPECT_GT(result->departures, 0U);
    EXPECT_GT(result->faults, 100U);
    EXPECT_GT(result->losses.lost.queries, 0U);
    // The search of an origin that crashes meanwhile ends with it.
    EXPECT_LE(result->finished, result->started);
    EXPECT_GT(result->finished, result->started / 2);
    const auto again = run_once(experiment, 3);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->digest, result->digest);
    EXPECT_EQ(again->reach, result->reach);
  }
}

TEST(Run, LetsClocksGoWrongAndSearchesEndAllTheSame) {
  Experiment experiment;
  experiment.topology.parameters.peers = 300;
  experiment.overlay.ttl = 4;
  experiment.workload.searches = 40;
  experiment.workload.rate = 5;
  experiment.faults.rates.stalls = {100, minutes(1)};  // so that much ends at a deadline
  const auto right = run_once(experiment, 1);
  experiment.faults.clock_skew = 100'000;
  const auto wrong = run_once(experiment, 1);
  experiment.run.threads = 3;
  const auto on_threads = run_once(experiment, 1);
  experiment.faults.clock_skew = 0;
  experiment.faults.rates.jumps = {20, seconds(4)};
  const auto jumping = run_once(experiment, 1);
  ASSERT_TRUE(right && wrong && on_threads && jumping);
  for (const auto* const result : {&right, &wrong, &on_threads, &jumping}) {
    EXPECT_EQ((*result)->finished, 40U);
  }
  EXPECT_NE(wrong->digest, right->digest);
  EXPECT_EQ(on_threads->digest, wrong->digest);
  EXPECT_NE(jumping->digest, right->digest);
  EXPECT_GT(right->unanswered, 100U);
  EXPECT_GT(jumping->faults, right->faults + 50);
}

// Many searches at once are told apart: each has the reach that it has alone.
TEST(Run, KeepsSearchesApartThatOverlap) {
  Experiment experiment;
  experiment.topology.parameters.peers = 300;
  experiment.overlay.ttl = 3;
  experiment.overlay.link_queries = 0;
  experiment.workload.searches = 50;
  experiment.workload.source = "7";
  const auto apart = run_once(experiment, 1);
  experiment.workload.rate = 1000;
  const auto at_once = run_once(experiment, 1);
  ASSERT_TRUE(apart && at_once);
  EXPECT_LT(at_once->virtual_s, 30);
  EXPECT_GT(apart->virtual_s, 100);
  EXPECT_EQ(at_once->complete, 50U);
  EXPECT_EQ(at_once->reach, apart->reach);
  EXPECT_EQ(at_once->messages, apart->messages);
  EXPECT_EQ(at_once->duplicates, apart->duplicates);
  EXPECT_EQ(at_once->reach_by_hop, apart->reach_by_hop);
}

// A file that moves is found where it is.
TEST(Run, FindsFilesThatMove) {
  Experiment experiment;
  experiment.topology.parameters.peers = 200;
  experiment.overlay.ttl = 6;  // everybody
  experiment.content.files = 5;
  experiment.content.replicas = 2;
  experiment.content.changes = 20;
  experiment.workload.searches = 20;
  const auto result = run_once(experiment, 2);
  ASSERT_TRUE(result) << result.error().why;
  EXPECT_EQ(result->possible, 1.0);
  EXPECT_GT(result->success, 0.9);  // not when it moves behind the search's back
  EXPECT_GT(result->moved, 1000U);
}

// Several shards, several threads, several searches at once.
TEST(Run, DoesNotDependOnThreads) {
  Experiment experiment;
  experiment.topology.parameters.peers = 6000;
  experiment.overlay.ttl = 4;
  experiment.content.files = 50;
  experiment.content.replicas = 30;
  experiment.workload.searches = 12;
  experiment.workload.rate = 20;
  experiment.faults.rates.link_downs.per_second = 50;
  experiment.run.threads = 1;
  const auto one = run_once(experiment, 5);
  experiment.run.threads = 4;
  const auto four = run_once(experiment, 5);
  ASSERT_TRUE(one && four);
  EXPECT_EQ(one->digest, four->digest);
  EXPECT_EQ(one->reach_by_hop, four->reach_by_hop);
  EXPECT_EQ(one->traffic, four->traffic);
  EXPECT_EQ(one->bytes, four->bytes);
  EXPECT_EQ(one->losses.lost, four->losses.lost);
  EXPECT_EQ(one->load_gini, four->load_gini);
  EXPECT_EQ(one->first_hit_ms.mean, four->first_hit_ms.mean);
  EXPECT_EQ(one->all_hits_ms.max, four->all_hits_ms.max);
  EXPECT_GT(one->success, 0);
}

// A search of a peer for one of r holders among M others: the chance to find one within a share p
// of them is 1 - (1 - p)^r, nearly.
TEST(Run, FindsAsOftenAsChanceSays) {
  Experiment experiment;
  experiment.topology.parameters.peers = 2000;
  experiment.overlay.ttl = 3;
  experiment.content.files = 500;
  experiment.content.replicas = 4;
  experiment.content.zipf = 0;
  experiment.workload.searches = 400;
  const auto result = run_once(experiment, 11);
  ASSERT_TRUE(result);
  const double share = result->reach / 1999;
  const double chance = 1 - std::pow(1 - share, 4);
  const double sigma = std::sqrt(chance * (1 - chance) / 400);
  EXPECT_NEAR(result->success, chance, 4 * sigma);
  EXPECT_EQ(result->success, result->possible);
  EXPECT_EQ(result->recall, 1.0);
}

TEST(Run, RefusesMemoryForAllSearchesThatAreOpenAtOnce) {
  Experiment experiment;
  experiment.topology.parameters.peers = 1000;
  experiment.run.memory_mb = 200;
  EXPECT_TRUE(run_once(experiment, 1));
  experiment.workload.rate = 1e6;
  experiment.workload.searches = 1'000'000;
  const auto result = run_once(experiment, 1);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::kNoSpace);
}

}  // namespace
}  // namespace shoal::sim
