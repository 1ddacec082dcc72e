// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "sim/experiment/experiment.h"
#include "sim/topology/graph.h"
#include "tests/support/temp_folder.h"

namespace shoal::sim {

/// A network drawn by RapidCheck, as an edge list, so that an experiment can take it.
class DrawnNetwork {
 public:
  DrawnNetwork() {
    const auto peers = *rc::gen::inRange<std::uint32_t>(2, 40).as("peers");
    const auto end = rc::gen::inRange<std::uint32_t>(0, peers);
    // A path through all of them, so that every number is named, and more.
    for (std::uint32_t i = 1; i < peers; ++i) edges_.emplace_back(i - 1, i);
    for (const Edge& edge :
         *rc::gen::container<std::vector<Edge>>(rc::gen::pair(end, end)).as("edges")) {
      edges_.push_back(edge);
    }
    graph = Graph::from_edges(peers, edges_);
    source = *end.as("source");
    ttl = *rc::gen::inRange(1U, 9U).as("ttl");
  }

  /// Requires that the folder lives as long as the experiment is used.
  void give(Experiment& experiment, const tests::TempFolder& folder) const {
    std::string text;
    for (const Edge& edge : edges_) {
      text += std::to_string(edge.first) + " " + std::to_string(edge.second) + "\n";
    }
    experiment.topology.file = folder.path() + "/edges.txt";
    std::ofstream(experiment.topology.file) << text;
    experiment.workload.source = std::to_string(source);
    experiment.overlay.ttl = ttl;
  }

  Graph graph;
  std::uint32_t source = 0;
  unsigned ttl = 1;

 private:
  std::vector<Edge> edges_;
};

}  // namespace shoal::sim
