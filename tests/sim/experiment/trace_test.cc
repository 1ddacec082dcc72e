// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/trace_run.h"

#include <algorithm>
#include <set>

#include "tests/sim/experiment/drawn_network.h"
#include "tests/sim/experiment/flood.h"

namespace shoal::sim {
namespace {

std::uint64_t count(const Trace& trace, CopyFate fate) {
  return static_cast<std::uint64_t>(
      std::count_if(trace.copies().begin() + 1, trace.copies().end(),
                    [fate](const TracedCopy& copy) { return copy.fate == fate; }));
}

// The trace is one way of looking at a search, the ledger another, the report a third.
RC_GTEST_PROP(Trace, TellsTheSameStoryAsTheMeasuresAndTheReport, ()) {
  const tests::TempFolder folder;
  const DrawnNetwork drawn;
  Experiment experiment = classic_experiment();
  drawn.give(experiment, folder);
  experiment.overlay.duplicates =
      *rc::gen::element(DuplicateRule::kClassic, DuplicateRule::kDeepest).as("rule");
  experiment.network.delay = *rc::gen::element<std::string>("constant", "uniform").as("delay");
  experiment.content.files = 1;
  experiment.content.replicas =
      *rc::gen::inRange<std::uint32_t>(1, drawn.graph.size() + 1).as("replicas");
  const auto search = trace_search(experiment, experiment.run.seed);
  const auto result = run_once(experiment, experiment.run.seed);
  RC_ASSERT((search.has_value() && result.has_value()));
  const Trace& trace = *search->trace;
  const auto& copies = trace.copies();
  RC_ASSERT(trace.report().has_value());
  const SearchReport& report = *trace.report();
  RC_ASSERT(static_cast<double>(copies.size() - 1) == result->messages);
  RC_ASSERT(copies.size() - 1 == report.counts.copies);
  RC_ASSERT(static_cast<double>(count(trace, CopyFate::kAsked)) == result->reach);
  RC_ASSERT(static_cast<std::int64_t>(count(trace, CopyFate::kAsked)) == report.peers_asked());
  RC_ASSERT(static_cast<double>(count(trace, CopyFate::kDuplicate)) == result->duplicates);
  RC_ASSERT(count(trace, CopyFate::kDuplicate) == report.counts.duplicates);
  RC_ASSERT(trace.found() == report.hits);
  RC_ASSERT((result->success == 1.0) == (report.hits > 0));
  if (experiment.overlay.duplicates == DuplicateRule::kDeepest) {
    RC_ASSERT((result->possible == 1.0) == (report.hits > 0));
  }

  std::set<std::uint32_t> asked;
  for (std::size_t i = 1; i < copies.size(); ++i) {
    const TracedCopy& copy = copies[i];
    const TracedCopy& parent = copies[copy.parent];
    RC_ASSERT(copy.parent < i);
    RC_ASSERT(parent.to == copy.from);
    RC_ASSERT(parent.at < copy.at);
    RC_ASSERT(copy.hop == parent.hop + 1);
    RC_ASSERT(copy.ttl + copy.hop == drawn.ttl + 1);
    RC_ASSERT(copy.answered.has_value());
    RC_ASSERT(drawn.graph.linked(copy.from, copy.to));
    if (copy.fate == CopyFate::kAsked) RC_ASSERT(asked.insert(copy.to).second);
    const bool holder = search->catalogue->holds(copy.to, 0);
    RC_ASSERT(copy.hits == (copy.fate == CopyFate::kAsked && holder ? 1U : 0U));
  }
}

// A row of five: who left in the middle passes nothing on.
TEST(Trace, GoesThroughTheNetworkThatAScriptLeaves) {
  const tests::TempFolder folder;
  Experiment experiment = classic_experiment();
  experiment.topology.file = folder.path() + "/edges.txt";
  std::ofstream(experiment.topology.file) << "0 1\n1 2\n2 3\n3 4\n";
  experiment.workload.script = folder.path() + "/script.txt";
  std::ofstream(experiment.workload.script) << "1 3 LEAVE\n20 0 SEARCH\n40 3 JOIN\n60 4 SEARCH\n";
  experiment.workload.source = "4";
  experiment.workload.start = seconds(50);
  const auto drawn = trace_search(experiment, 1);
  ASSERT_TRUE(drawn) << drawn.error().why;
  EXPECT_EQ(drawn->origin, 4U);
  EXPECT_EQ(count(*drawn->trace, CopyFate::kAsked), 4U);

  experiment.workload.searches = 0;
  const auto scripted = trace_search(experiment, 1);
  ASSERT_TRUE(scripted) << scripted.error().why;
  EXPECT_EQ(scripted->origin, 0U);
  EXPECT_EQ(scripted->started, Instant(seconds(20)));
  EXPECT_EQ(count(*scripted->trace, CopyFate::kAsked), 2U);
}

TEST(Trace, RefusesASearcherWhoIsAlone) {
  const tests::TempFolder folder;
  Experiment experiment = classic_experiment();
  experiment.topology.file = folder.path() + "/edges.txt";
  std::ofstream(experiment.topology.file) << "0 1\n2 2\n";
  experiment.workload.source = "2";
  const auto search = trace_search(experiment, 1);
  ASSERT_FALSE(search);
  EXPECT_EQ(search.error().code, Errc::kNotConnected);
}

}  // namespace
}  // namespace shoal::sim
