// SPDX-License-Identifier: Apache-2.0
// Walks held against numbers that were computed elsewhere, exactly, on graphs that were measured.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "overlay/walk/walk.h"
#include "sim/engine/observer.h"
#include "sim/experiment/run.h"
#include "sim/experiment/scene.h"
#include "sim/topology/edge_list.h"
#include "tests/support/reference_data.h"

namespace shoal::tests {
namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr std::uint32_t kSearches = 200;
#else
constexpr std::uint32_t kSearches = 3000;
#endif

sim::Experiment walks(const std::string& graph) {
  sim::Experiment experiment;
  experiment.network.delay = "constant";
  experiment.network.parameters.mean = sim::milliseconds(10);
  experiment.topology.file = graph;
  experiment.overlay.via = "walk";
  experiment.overlay.ttl = 15;
  experiment.overlay.link_queries = 0;
  experiment.overlay.parameters["check_back"] = "off";
  experiment.content.holders_residue = 7;
  experiment.workload.searches = kSearches;
  experiment.run.truth = false;
  experiment.run.threads = 1;
  return experiment;
}

/// Of the mean of so many 0s and 1s.
double sigma(double p) { return std::sqrt(p * (1 - p) / kSearches); }

/// Holds the rows of some sources of a graph: the chance of success within four standard deviations
/// of its binomial, the mean number of messages within four of its own.
void hold_rows(const std::string& graph, const std::vector<std::string>& sources) {
  const auto table = ReferenceTable::read("oracle/walk_oracle.csv");
  const auto file = reference_data("graphs/" + graph + ".txt.gz");
  if (!table || !file) GTEST_SKIP() << kNoReferenceData;
  unsigned rows = 0;
  for (std::size_t row = 0; row < table->rows(); ++row) {
    const std::string& source = table->text(row, "source");
    const double steps = table->number(row, "T");
    if (table->text(row, "graph") != graph || std::ranges::find(sources, source) == sources.end() ||
        table->number(row, "target_mod") != 100 || steps > 256) {
      continue;
    }
    sim::Experiment experiment = walks(*file);
    experiment.workload.source = source;
    experiment.overlay.parameters["walkers"] = "1";
    experiment.overlay.parameters["steps"] = table->text(row, "T");
    experiment.overlay.parameters["variant"] = table->text(row, "variant");
    experiment.content.holders_mod = 100;
    const auto result = sim::run_once(experiment, 1000 + row);
    ASSERT_TRUE(result) << result.error().what << ": " << result.error().why;
    const std::string what =
        table->text(row, "variant") + " from " + source + ", " + table->text(row, "T") + " steps";
    const double p = table->number(row, "p_hit");
    EXPECT_NEAR(result->success, p, 4 * sigma(p) + 1e-9) << what;
    // A walk's length lies in 1..T, so its deviation is at most half of that.
    const double messages = table->number(row, "expected_messages");
    EXPECT_NEAR(result->messages, messages, 4 * (steps - 1) / 2 / std::sqrt(kSearches) + 1e-6)
        << what;
    EXPECT_EQ(result->complete, kSearches) << what;
    ++rows;
  }
  EXPECT_EQ(rows, sources.size() * 2 * 6);
}

TEST(WalkReferenceData, HoldsOnGnutella) { hold_rows("p2p-Gnutella08", {"0", "123", "2101"}); }
TEST(WalkReferenceData, HoldsOnFacebook) { hold_rows("facebook_combined", {"0", "448"}); }

// k walkers are independent of one another: 1 - (1 - p)^k, and k times the messages.
TEST(WalkReferenceData, HoldsForSixteenWalkers) {
  const auto file = reference_data("graphs/p2p-Gnutella08.txt.gz");
  if (!file) GTEST_SKIP() << kNoReferenceData;
  sim::Experiment experiment = walks(*file);
  experiment.workload.source = "349";
  experiment.overlay.parameters["walkers"] = "16";
  experiment.overlay.parameters["steps"] = "16";
  experiment.overlay.parameters["variant"] = "simple";
  experiment.content.holders_mod = 100;
  const auto result = sim::run_once(experiment, 18);
  ASSERT_TRUE(result) << result.error().why;
  const double p = 1 - std::pow(1 - 0.132144346, 16);
  EXPECT_NEAR(result->success, p, 4 * sigma(p));
  EXPECT_NEAR(result->messages, 16 * 15.003469, 4 * 7.5 * 4 / std::sqrt(kSearches));
}

/// Counts whom walkers come to, from some step of each walk on.
class Visits final : public sim::Observer {
 public:
  Visits(std::uint32_t peers, unsigned from) : counts(peers), from_(from) {}
  void on_delivery(Instant, PeerRef, PeerRef to, const Message& message, Verdict,
                   const overlay::Effects&) override {
    if (message.kind != overlay::kWalkStep) return;
    const auto walker = overlay::decode_walker(message.body.ref<OpaqueBody>());
    if (walker->tally.taken + 1U < from_) return;
    ++counts[to.value];
    ++all;
  }
  void forget() {
    counts.assign(counts.size(), 0);
    all = 0;
  }
  std::vector<std::uint64_t> counts;
  std::uint64_t all = 0;

 private:
  unsigned from_;
};

// Detailed balance: in the long run a simple walk is at a peer of degree d in d of 2E steps, where
// the graph is connected and not bipartite. Long walks, each a batch; the first steps left out.
TEST(WalkReferenceData, VisitsPeersInProportionToTheirDegree) {
  sim::Experiment experiment = walks("");
  experiment.topology.family = "barabasi-albert";
  experiment.topology.parameters.peers = 60;
  experiment.topology.parameters.links = 2;
  experiment.overlay.parameters["walkers"] = "1";
  experiment.overlay.parameters["steps"] = "1024";
  experiment.overlay.parameters["variant"] = "simple";
  experiment.content.holders_residue = 0;
  const auto draft = sim::draft_of(experiment, 5);
  ASSERT_TRUE(draft) << draft.error().why;
  const std::uint32_t peers = draft->graph().size();
  Visits visits(peers, 200);
  auto scene = sim::Scene::make(experiment, 5, *draft, sim::Order::kTotal);
  ASSERT_TRUE(scene) << scene.error().why;
  sim::Engine& engine = *(*scene)->engine;
  constexpr unsigned kBatches = 40;
  std::vector<std::vector<double>> shares(peers);
  engine.watch(visits);
  for (unsigned batch = 0; batch < kBatches; ++batch) {
    visits.forget();
    const auto started =
        engine.search(PeerRef{0}, sim::request_of(experiment.overlay, *draft,
                                                  sim::body_of(experiment.overlay, sim::kNoFile)));
    ASSERT_TRUE(started) << started.error().why;
    engine.run_until(engine.now() + sim::minutes(5));
    ASSERT_EQ(visits.all, 1024U - 199U);
    for (std::uint32_t peer = 0; peer < peers; ++peer) {
      shares[peer].push_back(static_cast<double>(visits.counts[peer]) /
                             static_cast<double>(visits.all));
    }
  }
  const double ends = 2.0 * static_cast<double>(draft->graph().edges());
  for (std::uint32_t peer = 0; peer < peers; ++peer) {
    double mean = 0;
    for (const double share : shares[peer]) mean += share / kBatches;
    double square = 0;
    for (const double share : shares[peer]) square += (share - mean) * (share - mean);
    const double error = std::sqrt(square / (kBatches - 1) / kBatches);
    EXPECT_NEAR(mean, draft->graph().degree(peer) / ends, 4 * error) << peer;
  }
}

}  // namespace
}  // namespace shoal::tests
