// SPDX-License-Identifier: Apache-2.0
// Floods held against numbers that were computed elsewhere, on graphs that were measured.
#include <algorithm>
#include <cmath>
#include <map>

#include "sim/topology/edge_list.h"
#include "sim/topology/families.h"
#include "tests/sim/experiment/flood.h"
#include "tests/support/reference_data.h"

namespace shoal::sim {
namespace {

// Under AddressSanitizer some of the floods will do.
#ifdef __SANITIZE_ADDRESS__
constexpr unsigned kEvery = 9;
constexpr std::uint64_t kSeedsEach = 1;
#else
constexpr unsigned kEvery = 1;
constexpr std::uint64_t kSeedsEach = 3;
#endif

constexpr std::string_view kGnutella = "p2p-Gnutella08";

std::optional<std::string> graph_file(const std::string& graph) {
  return tests::reference_data("graphs/" + graph + ".txt.gz");
}

Flooded row_of(const tests::ReferenceTable& table, std::size_t row) {
  return {table.number(row, "reach"), table.number(row, "messages"),
          table.number(row, "duplicates")};
}

// The experiment of a case of synthetic_flood.csv: its name says family and size.
Experiment synthetic(const std::string& name, std::uint32_t peers, const std::string& source) {
  static const std::map<std::string, std::string> kFamilies{
      {"complete", "complete"}, {"cycle", "ring"},        {"star", "star"},
      {"path", "path"},         {"tree", "tree"},         {"torus", "torus"},
      {"grid", "grid"},         {"petersen", "petersen"}, {"hypercube", "hypercube"},
  };
  Experiment experiment = classic_experiment();
  experiment.topology.family = kFamilies.at(name.substr(0, name.find('_')));
  experiment.topology.parameters.peers = peers;
  experiment.topology.parameters.branching = name.starts_with("tree_b4") ? 4 : 2;
  experiment.topology.parameters.width = name.find("100x100") != std::string::npos ? 100 : 0;
  experiment.workload.source = source;
  return experiment;
}

TEST(FloodReferenceData, HoldsForSyntheticGraphs) {
  const auto table = tests::ReferenceTable::read("oracle/synthetic_flood.csv");
  if (!table) GTEST_SKIP() << tests::kNoReferenceData;
  unsigned beyond = 0;
  for (std::size_t row = 0; row < table->rows(); ++row) {
    const auto ttl = static_cast<std::uint32_t>(table->number(row, "ttl"));
    if (ttl > limits::kTtlLimitSimulator) {
      ++beyond;
      continue;
    }
    const std::string& name = table->text(row, "case");
    Experiment experiment = synthetic(name, static_cast<std::uint32_t>(table->number(row, "nodes")),
                                      table->text(row, "source"));
    experiment.overlay.ttl = ttl;
    EXPECT_EQ(run_flood(experiment), row_of(*table, row)) << name << ", ttl " << ttl;
  }
  EXPECT_EQ(beyond, 3U);  // of 83: a TTL is a byte
  EXPECT_EQ(table->rows(), 83U);
}

void hold_oracle(const std::string& graph) {
  const auto table = tests::ReferenceTable::read("oracle/flood_oracle.csv");
  const auto file = graph_file(graph);
  if (!table || !file) GTEST_SKIP() << tests::kNoReferenceData;
  unsigned rows = 0;
  for (std::size_t row = 0; row < table->rows(); ++row) {
    if (table->text(row, "graph") != graph) continue;
    if (rows++ % kEvery != 0) continue;
    Experiment experiment = classic_experiment();
    experiment.topology.file = *file;
    experiment.workload.source = table->text(row, "source");
    experiment.overlay.ttl = static_cast<std::uint32_t>(table->number(row, "ttl"));
    experiment.overlay.echo = false;
    EXPECT_EQ(run_flood(experiment), row_of(*table, row))
        << "source " << experiment.workload.source << ", ttl " << experiment.overlay.ttl;
  }
  EXPECT_EQ(rows, 140U);
}

TEST(FloodReferenceData, HoldsOnGnutella) { hold_oracle(std::string(kGnutella)); }
TEST(FloodReferenceData, HoldsOnFacebook) { hold_oracle("facebook_combined"); }

// Means over every source: by the closed form that the floods above and in flood_test.cc obey.
void hold_all_sources(const std::string& graph) {
  const auto table = tests::ReferenceTable::read("oracle/flood_allsources.csv");
  const auto file = graph_file(graph);
  if (!table || !file) GTEST_SKIP() << tests::kNoReferenceData;
  const auto list = read_edge_list(*file);
  ASSERT_TRUE(list) << list.error().why;
  constexpr unsigned kTtlMax = 12;
  std::vector<Flooded> sums(kTtlMax + 1);
  BallSearch ball(list->graph.size());
  for (std::uint32_t source = 0; source < list->graph.size(); ++source) {
    const auto floods = closed_form(list->graph, source, kTtlMax, ball);
    for (unsigned ttl = 1; ttl <= kTtlMax; ++ttl) {
      sums[ttl].reach += floods[ttl].reach;
      sums[ttl].messages += floods[ttl].messages;
    }
  }
  unsigned rows = 0;
  for (std::size_t row = 0; row < table->rows(); ++row) {
    if (table->text(row, "graph") != graph) continue;
    const auto ttl = static_cast<unsigned>(table->number(row, "ttl"));
    ASSERT_LE(ttl, kTtlMax);
    EXPECT_NEAR(sums[ttl].reach / list->graph.size(), table->number(row, "mean_reach"), 1e-6);
    EXPECT_NEAR(sums[ttl].messages / list->graph.size(), table->number(row, "mean_messages"), 1e-6);
    ++rows;
  }
  EXPECT_GE(rows, 8U);
}

TEST(FloodReferenceData, HoldsOverAllSourcesOfGnutella06) { hold_all_sources("p2p-Gnutella06"); }
TEST(FloodReferenceData, HoldsOverAllSourcesOfGnutella08) { hold_all_sources("p2p-Gnutella08"); }

// The ten sources over which async_flood.csv and async_r1b.csv take their means.
constexpr std::array kSources{"0",    "349",  "699",  "1049", "1399",
                              "1751", "2101", "2451", "2801", "3151"};

// The mean over the ten sources, with some draws of the delays for each. No delay is so long that
// it passes the longest bound that a link may claim.
Flooded mean_flood(const std::string& file, const std::string& model, std::uint32_t ttl,
                   DuplicateRule rule) {
  Flooded sum;
  for (std::size_t i = 0; i < kSources.size() * kSeedsEach; ++i) {
    Experiment experiment = classic_experiment();
    experiment.topology.file = file;
    experiment.workload.source = kSources[i / kSeedsEach];
    experiment.overlay.ttl = ttl;
    experiment.overlay.duplicates = rule;
    experiment.overlay.echo = false;
    experiment.run.seed = 100 + i;
    experiment.network.delay = model.starts_with("uniform") ? "uniform"
                               : model.starts_with("exp")   ? "exponential"
                                                            : "log-normal";
    DelayParameters& p = experiment.network.parameters;
    p.mean = milliseconds(20);
    p.min = model.starts_with("uniform") ? milliseconds(10) : milliseconds(0);
    p.max = milliseconds(30);
    p.sigma = 1;
    if (!model.starts_with("uniform")) p.floor = p.mean / 100;
    const Flooded flooded = run_flood(experiment);
    sum.reach += flooded.reach / (kSources.size() * kSeedsEach);
    sum.messages += flooded.messages / (kSources.size() * kSeedsEach);
  }
  return sum;
}

// Reach of `classic` where delays differ. The draws are others than those of the table, so bands:
// five points of the ball, twelve where the law has a heavy tail (a row is a mean of ten floods).
TEST(FloodReferenceData, HoldsWhereDelaysDiffer) {
  const auto table = tests::ReferenceTable::read("oracle/async_flood.csv");
  const auto file = graph_file(std::string(kGnutella));
  if (!table || !file) GTEST_SKIP() << tests::kNoReferenceData;
  unsigned rows = 0;
  for (std::size_t row = 0; row < table->rows(); ++row) {
    const std::string& ttl = table->text(row, "ttl");
    const std::string& model = table->text(row, "model");
    if (ttl == "inf" || ttl == "20") continue;  // the next test
    const Flooded flooded = mean_flood(*file, model, static_cast<std::uint32_t>(std::stoul(ttl)),
                                       DuplicateRule::kClassic);
    const double ratio = flooded.reach / table->number(row, "mean_reach_sync");
    const double band = model.starts_with("lognormal") ? 0.12 : 0.05;
    EXPECT_NEAR(ratio, table->number(row, "ratio"), band) << model << ", ttl " << ttl;
    ++rows;
  }
  EXPECT_EQ(rows, 18U);
}

// A TTL that limits no path: every delay law gives 2E - (N - 1) copies.
TEST(FloodReferenceData, HoldsWhereTheTtlLimitsNothing) {
  const auto file = graph_file(std::string(kGnutella));
  if (!file) GTEST_SKIP() << tests::kNoReferenceData;
  for (const char* const model : {"uniform", "exp", "lognormal"}) {
    const Flooded flooded = mean_flood(*file, model, 255, DuplicateRule::kClassic);
    EXPECT_NEAR(flooded.reach, 6298, 1e-6) << model;
    EXPECT_NEAR(flooded.messages, 35'254, 1e-6) << model;
  }
}

TEST(FloodReferenceData, HoldsForTheCopiesOfDeepest) {
  const auto table = tests::ReferenceTable::read("oracle/async_r1b.csv");
  const auto file = graph_file(std::string(kGnutella));
  if (!table || !file) GTEST_SKIP() << tests::kNoReferenceData;
  unsigned rows = 0;
  for (std::size_t row = 0; row < table->rows(); ++row) {
    const std::string& model = table->text(row, "model");
    if (model == "unit") continue;
    const auto ttl = static_cast<std::uint32_t>(table->number(row, "ttl"));
    const Flooded flooded = mean_flood(*file, model, ttl, DuplicateRule::kDeepest);
    EXPECT_NEAR(flooded.reach, table->number(row, "mean_reach"), 0.1) << model << ", ttl " << ttl;
    const double overhead = flooded.messages / table->number(row, "mean_messages_r1_unit");
    EXPECT_NEAR(overhead / table->number(row, "overhead"), 1, 0.08) << model << ", ttl " << ttl;
    ++rows;
  }
  EXPECT_EQ(rows, 12U);
}

// Random regular graphs of 10,000 peers: the mean over sources and graphs within 1 %.
TEST(FloodReferenceData, HoldsOnRandomRegularGraphs) {
  const auto table = tests::ReferenceTable::read("oracle/regular_flood.csv");
  if (!table) GTEST_SKIP() << tests::kNoReferenceData;
  constexpr std::uint32_t kGraphs = 4;
  constexpr std::uint32_t kPerGraph = 250;
  constexpr unsigned kTtlMax = 16;
  std::map<std::uint32_t, std::vector<Flooded>> means;
  unsigned rows = 0;
  for (std::size_t row = 0; row < table->rows(); ++row) {
    if (table->number(row, "N") != 10'000) continue;
    const auto degree = static_cast<std::uint32_t>(table->number(row, "d"));
    auto& sums = means[degree];
    if (sums.empty()) {
      sums.resize(kTtlMax + 1);
      for (std::uint32_t seed = 0; seed < kGraphs; ++seed) {
        TopologyParameters parameters;
        parameters.peers = 10'000;
        parameters.degree = degree;
        const auto graph = make_graph("random-regular", parameters, seed);
        ASSERT_TRUE(graph) << graph.error().why;
        BallSearch ball(graph->size());
        for (std::uint32_t source = 0; source < kPerGraph; ++source) {
          const auto floods = closed_form(*graph, source * 40, kTtlMax, ball);
          for (unsigned ttl = 1; ttl <= kTtlMax; ++ttl) {
            sums[ttl].reach += floods[ttl].reach / (kGraphs * kPerGraph);
            sums[ttl].messages += floods[ttl].messages / (kGraphs * kPerGraph);
          }
        }
      }
    }
    const auto ttl = static_cast<unsigned>(table->number(row, "ttl"));
    if (ttl > kTtlMax) continue;
    EXPECT_NEAR(sums[ttl].reach / table->number(row, "mf_reach"), 1, 0.01) << degree << " " << ttl;
    EXPECT_NEAR(sums[ttl].messages / table->number(row, "mf_messages"), 1, 0.01)
        << degree << " " << ttl;
    ++rows;
  }
  EXPECT_GT(rows, 20U);
}

}  // namespace
}  // namespace shoal::sim
