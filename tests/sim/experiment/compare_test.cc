// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/compare.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "sim/experiment/run.h"
#include "sim/experiment/run_store.h"
#include "tests/support/temp_folder.h"

namespace shoal::sim {
namespace {

std::vector<ComparedPoint> point(const std::string& figure, std::vector<double> values) {
  return {{"run", {{figure, std::move(values)}}}};
}

Change change(const std::string& figure, std::vector<double> before, std::vector<double> after,
              const std::map<std::string, Threshold>& thresholds = built_in_thresholds()) {
  const auto figures =
      compare(point(figure, std::move(before)), point(figure, std::move(after)), thresholds);
  EXPECT_EQ(figures.size(), 1U);
  return figures.front().change;
}

TEST(Compare, KnowsWhichWayIsWorse) {
  EXPECT_EQ(change("messages", {100}, {106}), Change::kWorse);
  EXPECT_EQ(change("messages", {100}, {94}), Change::kBetter);
  EXPECT_EQ(change("reach", {100}, {98}), Change::kWorse);
  EXPECT_EQ(change("reach", {100}, {102}), Change::kBetter);
}

TEST(Compare, LetsAFigureBeWorseByItsThreshold) {
  EXPECT_EQ(change("messages", {100}, {105}), Change::kSame);
  auto thresholds = built_in_thresholds();
  thresholds["messages"].worse_by = 0.02;
  EXPECT_EQ(change("messages", {100}, {105}, thresholds), Change::kWorse);
  EXPECT_EQ(change("messages", {0}, {0}), Change::kSame);
  EXPECT_EQ(change("messages", {0}, {1}), Change::kWorse);
}

TEST(Compare, JudgesTheMachineOnlyWhenAskedTo) {
  EXPECT_EQ(change("deliveries_per_second", {100}, {1}), Change::kUnjudged);
  auto thresholds = built_in_thresholds();
  thresholds["deliveries_per_second"].worse_by = 0.5;
  EXPECT_EQ(change("deliveries_per_second", {100}, {1}, thresholds), Change::kWorse);
  EXPECT_EQ(change("deliveries_per_second", {1}, {100}, thresholds), Change::kBetter);
}

TEST(Compare, TakesNoNoiseForAChange) {
  EXPECT_EQ(change("messages", {50, 150, 100}, {60, 170, 120}), Change::kSame);
  EXPECT_EQ(change("messages", {99, 100, 101}, {119, 120, 121}), Change::kWorse);
}

TEST(Compare, ReadsRunsAndSweeps) {
  const tests::TempFolder folder;
  Experiment experiment;
  experiment.topology.parameters.peers = 50;
  const auto first = run_once(experiment, 1);
  const auto second = run_once(experiment, 2);
  ASSERT_TRUE(first && second);
  std::ofstream(folder.path() + "/one.json") << pretty(summary(experiment, {*first}));
  std::ofstream(folder.path() + "/two.json") << pretty(summary(experiment, {*first, *second}));
  const auto one = read_results(folder.path() + "/one.json");
  const auto two = read_results(folder.path() + "/two.json");
  ASSERT_TRUE(one && two);
  EXPECT_EQ((*one)[0].figures.at("messages"), std::vector<double>{first->messages});
  EXPECT_EQ((*two)[0].figures.at("messages"),
            (std::vector<double>{first->messages, second->messages}));
  {
    auto store = RunStore::open(folder.path() + "/runs.db");
    ASSERT_TRUE(store && store->add(experiment, *first) && store->add(experiment, *second));
  }
  const auto sweep = read_results(folder.path());
  ASSERT_TRUE(sweep) << sweep.error().why;
  EXPECT_EQ((*sweep)[0].figures.at("messages"), (*two)[0].figures.at("messages"));
  const auto same = compare(*sweep, *sweep, built_in_thresholds());
  EXPECT_FALSE(same.empty());
  EXPECT_EQ(std::ranges::count(same, Change::kWorse, &ComparedFigure::change), 0);
}

// What got worse may be another question's answer.
TEST(Compare, NamesTheKeysInWhichTwoRunsAreUnlike) {
  const tests::TempFolder folder;
  Experiment experiment;
  experiment.topology.parameters.peers = 50;
  std::ofstream(folder.path() + "/flood.json")
      << pretty(summary(experiment, {*run_once(experiment, 1)}));
  experiment.run.seed = 2;
  experiment.overlay.via = "walk";
  experiment.overlay.parameters["steps"] = "9";
  std::ofstream(folder.path() + "/walk.json")
      << pretty(summary(experiment, {*run_once(experiment, 2)}));
  const auto flood = read_results(folder.path() + "/flood.json");
  const auto walk = read_results(folder.path() + "/walk.json");
  ASSERT_TRUE(flood && walk);
  EXPECT_EQ(unlike_keys(*flood, *walk),
            (std::vector<UnlikeKey>{{"overlay.steps", "", "9"}, {"overlay.via", "flood", "walk"}}));
  EXPECT_TRUE(unlike_keys(*walk, *walk).empty());
}

TEST(Compare, RefusesWhatIsNoResult) {
  const tests::TempFolder folder;
  EXPECT_FALSE(read_results(folder.path() + "/none"));
  EXPECT_FALSE(read_results(folder.path()));
  for (const char* const text : {"", "{", "[1]", "{\"schema\": \"shoal/sim.graph/1\"}", "{}"}) {
    const std::string path = folder.path() + "/x.json";
    std::ofstream(path) << text;
    EXPECT_FALSE(read_results(path)) << text;
  }
}

}  // namespace
}  // namespace shoal::sim
