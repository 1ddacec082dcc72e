// SPDX-License-Identifier: Apache-2.0
// Expanding rings held against numbers that were computed elsewhere, on graphs that were measured.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "sim/experiment/run.h"
#include "sim/experiment/scene.h"
#include "tests/sim/experiment/flood.h"
#include "tests/support/reference_data.h"

namespace shoal::sim {
namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr std::size_t kEvery = 16;
constexpr std::uint32_t kSearchesEach = 10;
constexpr unsigned kSourcesEach = 1;
#else
constexpr std::size_t kEvery = 1;
constexpr std::uint32_t kSearchesEach = 100;
constexpr unsigned kSourcesEach = 2;
#endif

/// configs/sim/ring.yaml, as it is given to outsiders.
Experiment ring_experiment(const std::string& graph, const std::string& source,
                           const std::string& restart) {
  const auto file = tests::reference_data("graphs/" + graph + ".txt.gz");
  auto experiment = load_experiment("configs/sim/ring.yaml", {{"topology.file", *file},
                                                              {"workload.source", source},
                                                              {"overlay.ttl", "7"},
                                                              {"overlay.restart", restart},
                                                              {"run.threads", "1"}});
  EXPECT_TRUE(experiment) << experiment.error().why;
  return *experiment;
}

void hold_row(const tests::ReferenceTable& table, std::size_t row, const std::string& restart) {
  Experiment experiment =
      ring_experiment(table.text(row, "graph"), table.text(row, "source"), restart);
  experiment.content.holders_mod = static_cast<std::uint32_t>(table.number(row, "target_mod"));
  experiment.content.holders_residue = 7;
  const auto result = run_once(experiment, 1);
  ASSERT_TRUE(result) << result.error().why;
  EXPECT_EQ(result->messages, table.number(row, "ring_messages"));
  EXPECT_EQ(result->success, 1);
  EXPECT_EQ(result->complete, 1U);
  EXPECT_EQ(static_cast<double>(result->reach_by_hop.size()), table.number(row, "dist_to_nearest"));
}

// The column ring_messages is of restarting rings; with equal delays the quiet ones send as many.
TEST(RingReferenceData, HoldsTheOracle) {
  const auto table = tests::ReferenceTable::read("oracle/ring_oracle.csv");
  if (!table) GTEST_SKIP() << tests::kNoReferenceData;
  ASSERT_EQ(table->rows(), 79U);
  for (std::size_t row = 0; row < table->rows(); row += kEvery) {
    SCOPED_TRACE(table->text(row, "graph") + ", source " + table->text(row, "source"));
    hold_row(*table, row, row % 2 == 0 ? "true" : "on");
    hold_row(*table, row, "off");
  }
}

// What rings from one peer cost when so many of the others hold the file, drawn at random: the ring
// that finds one is the first that has one (hypergeometric).
struct RandomRings {
  double mean = 0;
  double deviation = 0;
  double success = 0;

  RandomRings(const Graph& graph, std::uint32_t source, double replicas) {
    constexpr unsigned kLast = 7;
    BallSearch ball(graph.size());
    const auto floods = closed_form(graph, source, kLast, ball);
    ball.run(source, graph.size(), [&](std::uint32_t peer, auto visit) {
      for (const std::uint32_t other : graph.neighbours(peer)) visit(other);
    });
    const auto others = static_cast<double>(ball.size());  // whom the source can reach at all
    const auto nobody_within = [&](double reach) {
      double p = 1;
      for (double i = 0; i < replicas; ++i) p *= std::max(0.0, others - reach - i) / (others - i);
      return p;
    };
    double copies = 0;
    double square = 0;
    for (unsigned ttl = 1; ttl <= kLast; ++ttl) {
      copies += floods[ttl].messages;
      const double before = ttl == 1 ? 1 : nobody_within(floods[ttl - 1].reach);
      const double here = before - (ttl == kLast ? 0 : nobody_within(floods[ttl].reach));
      mean += here * copies;
      square += here * copies * copies;
    }
    deviation = std::sqrt(square - mean * mean);
    success = 1 - nobody_within(floods[kLast].reach);
  }
};

// Searches from one source for files that are each held by `replicas` random peers.
TEST(RingReferenceData, HoldsTheOracleOfRandomHolders) {
  const auto table = tests::ReferenceTable::read("oracle/ring_random_oracle.csv");
  if (!table) GTEST_SKIP() << tests::kNoReferenceData;
  ASSERT_EQ(table->rows(), 160U);
  std::map<std::string, unsigned> taken;
  for (std::size_t row = 0; row < table->rows(); ++row) {
    const std::string kind = table->text(row, "graph") + ", " + table->text(row, "replicas");
    SCOPED_TRACE(kind + " replicas, source " + table->text(row, "source"));
    Experiment experiment =
        ring_experiment(table->text(row, "graph"), table->text(row, "source"), "on");
    experiment.content.holders_mod = 0;
    experiment.content.holders_residue = 0;
    experiment.content.files = 4096;
    experiment.content.zipf = 0;
    experiment.content.replicas = table->number(row, "replicas");
    experiment.run.truth = false;
    experiment.workload.searches = kSearchesEach;
    const auto draft = draft_of(experiment, 1);
    ASSERT_TRUE(draft);
    const RandomRings theory(draft->graph(), *draft->source, experiment.content.replicas);
    const double expected = table->number(row, "expected_messages");
    ASSERT_NEAR(theory.mean, expected, 1e-6 * expected);
    ASSERT_NEAR(theory.success, table->number(row, "flood7_success"), 1e-6);
    if (taken[kind]++ >= kSourcesEach) continue;
    const auto result = run_once(experiment, 10 + row);
    ASSERT_TRUE(result) << result.error().why;
    // That the source holds a file itself is rare, and small beside the error of the mean.
    EXPECT_NEAR(result->messages, expected, 4 * theory.deviation / std::sqrt(1.0 * kSearchesEach));
    const double p = theory.success;
    EXPECT_NEAR(result->success, p, 4 * std::sqrt(p * (1 - p) / kSearchesEach) + 1e-3);
  }
  EXPECT_EQ(taken.size(), 8U);
}

}  // namespace
}  // namespace shoal::sim
