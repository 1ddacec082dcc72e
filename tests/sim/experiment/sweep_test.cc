// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/sweep.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "sim/experiment/run.h"
#include "tests/support/temp_folder.h"

namespace shoal::sim {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

SweepPlan small_plan() {
  SweepPlan plan;
  plan.fixed = {{"topology.peers", "60"}, {"topology.degree", "4"}};
  plan.axes = {{"overlay.ttl", {"2", "3"}}, {"overlay.duplicates", {"classic", "deepest"}}};
  plan.seeds = 3;
  plan.jobs = 3;
  return plan;
}

SweepProgress sweep(const SweepPlan& plan, RunStore& store) {
  const auto points = points_of(plan);
  EXPECT_TRUE(points);
  const auto done = run_sweep(plan, *points, store, {});
  EXPECT_TRUE(done) << done.error().what << done.error().why;
  return done ? *done : SweepProgress();
}

TEST(Sweep, CountsThroughItsGrid) {
  const auto points = points_of(small_plan());
  ASSERT_TRUE(points);
  std::vector<std::string> values;
  for (const SweepPoint& point : *points) values.push_back(point.values[0] + point.values[1]);
  EXPECT_EQ(values, (std::vector<std::string>{"2classic", "2deepest", "3classic", "3deepest"}));
  EXPECT_EQ((*points)[2].experiment.overlay.ttl, 3U);
  EXPECT_EQ((*points)[2].experiment.topology.parameters.peers, 60U);
}

TEST(Sweep, KeepsWhatASingleRunGives) {
  const tests::TempFolder folder;
  const SweepPlan plan = small_plan();
  auto store = RunStore::open(folder.path() + "/runs.db");
  ASSERT_TRUE(store) << store.error().why;
  const SweepProgress done = sweep(plan, *store);
  EXPECT_EQ(done.runs, 12U);
  EXPECT_EQ(done.done, 12U);
  EXPECT_EQ(done.skipped, 0U);
  const auto points = points_of(plan);
  for (const SweepPoint& point : *points) {
    for (std::uint64_t seed = 1; seed <= plan.seeds; ++seed) {
      const auto kept = store->get(point.experiment, seed);
      const auto made = run_once(point.experiment, seed);
      ASSERT_TRUE(kept && made);
      EXPECT_EQ(kept->digest, hex_of(made->digest));
      EXPECT_EQ(kept->figures.at("reach"), made->reach);
      EXPECT_EQ(kept->figures.at("messages"), made->messages);
    }
  }
}

TEST(Sweep, GoesOnWhereItWas) {
  const tests::TempFolder folder;
  SweepPlan plan = small_plan();
  const std::string path = folder.path() + "/runs.db";
  plan.seeds = 1;
  {
    auto store = RunStore::open(path);
    ASSERT_TRUE(store);
    EXPECT_EQ(sweep(plan, *store).skipped, 0U);
  }
  plan.seeds = 3;
  plan.axes[0].values.emplace_back("4");
  auto store = RunStore::open(path);
  ASSERT_TRUE(store);
  const SweepProgress done = sweep(plan, *store);
  EXPECT_EQ(done.runs, 18U);
  EXPECT_EQ(done.skipped, 4U);
  EXPECT_EQ(sweep(plan, *store).skipped, 18U);
  // The number of threads and the memory allowed make no other run of it.
  plan.fixed.emplace_back("run.memory_mb", "100000");
  EXPECT_EQ(sweep(plan, *store).skipped, 18U);
}

TEST(Sweep, WritesATableOfAllRuns) {
  const tests::TempFolder folder;
  const SweepPlan plan = small_plan();
  auto store = RunStore::open(folder.path() + "/runs.db");
  ASSERT_TRUE(store);
  sweep(plan, *store);
  const std::string csv = folder.path() + "/runs.csv";
  std::ofstream(csv) << "old";
  ASSERT_TRUE(write_csv(csv, plan, *points_of(plan), *store));
  const std::string text = text_of(csv);
  EXPECT_TRUE(text.starts_with("overlay.ttl,overlay.duplicates,seed,digest,reach,messages,"))
      << text;
  EXPECT_EQ(std::ranges::count(text, '\n'), 13);
  EXPECT_NE(text.find("\n3,deepest,2,"), std::string::npos) << text;
  EXPECT_FALSE(std::filesystem::exists(csv + ".new"));
}

TEST(Sweep, RefusesWhatIsNone) {
  EXPECT_FALSE(parse_axis("overlay.ttl"));
  EXPECT_FALSE(parse_axis("=1,2"));
  EXPECT_FALSE(parse_axis("overlay.ttl=1,,2"));
  EXPECT_FALSE(parse_axis("overlay.ttl=1,2,"));
  SweepPlan plan = small_plan();
  plan.axes.push_back(plan.axes[0]);
  EXPECT_FALSE(points_of(plan));
  plan = small_plan();
  plan.axes[0].key = "run.seed";
  EXPECT_FALSE(points_of(plan));
  plan = small_plan();
  plan.axes[0].values = {"1", "0"};
  EXPECT_FALSE(points_of(plan));
  plan = small_plan();
  plan.seeds = 1'000'000;
  EXPECT_FALSE(points_of(plan));
}

TEST(Sweep, NamesTheRunThatFailsAndKeepsTheOthers) {
  const tests::TempFolder folder;
  SweepPlan plan = small_plan();
  plan.jobs = 1;
  plan.axes = {{"topology.degree", {"4", "61"}}};
  auto store = RunStore::open(folder.path() + "/runs.db");
  ASSERT_TRUE(store);
  const auto done = run_sweep(plan, *points_of(plan), *store, {});
  ASSERT_FALSE(done);
  EXPECT_TRUE(done.error().what.starts_with("topology.degree=61 seed 1: ")) << done.error().what;
  EXPECT_EQ(store->all()->size(), 3U);
}

TEST(RunStore, RefusesAFileOfSomethingElse) {
  const tests::TempFolder folder;
  const std::string path = folder.path() + "/runs.db";
  std::ofstream(path)
      << "this is no database, but it is long enough to be taken for one by its size";
  EXPECT_FALSE(RunStore::open(path));
  EXPECT_TRUE(text_of(path).starts_with("this is no database"));
  EXPECT_FALSE(RunStore::open(folder.path() + "/none.db", true));
}

}  // namespace
}  // namespace shoal::sim
