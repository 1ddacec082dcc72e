// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/sweep.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <utility>

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
  for (const auto& file : std::filesystem::directory_iterator(folder.path())) {
    EXPECT_NE(file.path().extension(), ".new") << file.path();
  }
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
  plan = small_plan();
  plan.axes[1].values.emplace_back("classic");
  EXPECT_EQ(points_of(plan).error().why, "overlay.duplicates: classic is named twice");
  plan.axes[1] = {"topology.peers", {"50", "100", "1e2"}};
  EXPECT_EQ(points_of(plan).error().why, "topology.peers: 100 and 1e2 are the same");
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

// Hours may lie before a grid's last point.
TEST(Sweep, RefusesAPointThatCannotBeBeforeAnyRunIsMade) {
  SweepPlan plan = small_plan();
  plan.axes = {{"overlay.via", {"walk", "flood"}}, {"overlay.walkers", {"1", "4"}}};
  const auto points = points_of(plan);
  ASSERT_FALSE(points);
  EXPECT_EQ(points.error().what,
            "overlay.via=flood overlay.walkers=1: overlay.walkers is not possible");
}

TEST(Sweep, SharesItsFolderWithAnotherThatMakesTheSameRuns) {
  const tests::TempFolder folder;
  SweepPlan plan = small_plan();
  plan.jobs = 1;
  const auto points = points_of(plan);
  ASSERT_TRUE(points);
  auto one = RunStore::open(folder.path() + "/runs.db");
  auto other = RunStore::open(folder.path() + "/runs.db");
  ASSERT_TRUE(one && other);
  bool first = true;
  const auto done = run_sweep(plan, *points, *one, [&](const SweepProgress&) {
    if (!std::exchange(first, false)) return;
    EXPECT_EQ(sweep(plan, *other).skipped, 1U);
  });
  ASSERT_TRUE(done) << done.error().why;
  EXPECT_EQ(done->done, 12U);
  EXPECT_EQ(done->skipped, 11U);
  EXPECT_EQ(one->all()->size(), 12U);
}

// Both may have begun it before one of them was done.
TEST(RunStore, TakesARunThatItHasForTheSame) {
  const tests::TempFolder folder;
  const auto points = points_of(small_plan());
  const Experiment& experiment = points->front().experiment;
  const auto result = run_once(experiment, 1);
  auto store = RunStore::open(folder.path() + "/runs.db");
  ASSERT_TRUE(store && result);
  EXPECT_TRUE(store->add(experiment, *result));
  EXPECT_TRUE(store->add(experiment, *result));
  EXPECT_EQ(store->all()->size(), 1U);
}

// A journal beside a file would have to be made to read it.
TEST(RunStore, IsReadWithoutWritingAnythingOnceItsSweepIsOver) {
  const tests::TempFolder folder;
  {
    auto store = RunStore::open(folder.path() + "/runs.db");
    ASSERT_TRUE(store);
    sweep(small_plan(), *store);
  }
  const auto store = RunStore::open(folder.path() + "/runs.db", true);
  ASSERT_TRUE(store);
  EXPECT_EQ(store->all()->size(), 12U);
  for (const auto& file : std::filesystem::directory_iterator(folder.path())) {
    EXPECT_EQ(file.path().filename(), "runs.db");
  }
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

// What a program left that knew fewer figures: it can be read, and is not gone on with.
TEST(RunStore, ReadsRunsOfAnOlderVersionAndAddsNone) {
  const tests::TempFolder folder;
  const std::string path = folder.path() + "/runs.db";
  {
    auto store = RunStore::open(path);
    ASSERT_TRUE(store);
    sweep(small_plan(), *store);
  }
  {
    SQLite::Database database(path, SQLite::OPEN_READWRITE);
    database.exec("ALTER TABLE runs DROP COLUMN lookups");
  }
  const auto refused = RunStore::open(path);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kConflict);
  EXPECT_EQ(refused.error().why, path + " was made by an older version, which knew fewer figures");
  const auto store = RunStore::open(path, true);
  ASSERT_TRUE(store) << store.error().why;
  const auto runs = store->all();
  ASSERT_TRUE(runs) << runs.error().why;
  ASSERT_EQ(runs->size(), 12U);
  EXPECT_FALSE(runs->front().figures.contains("lookups"));
  EXPECT_TRUE(runs->front().figures.contains("messages"));
}

TEST(RunStore, RefusesAnotherDatabaseOfTheSameNumber) {
  const tests::TempFolder folder;
  const std::string path = folder.path() + "/runs.db";
  {
    SQLite::Database database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    database.exec("CREATE TABLE books (title TEXT)");
    database.exec("PRAGMA user_version = 1");
  }
  EXPECT_EQ(RunStore::open(path).error().code, Errc::kConflict);
  EXPECT_EQ(RunStore::open(path, true).error().code, Errc::kConflict);
}

}  // namespace
}  // namespace shoal::sim
