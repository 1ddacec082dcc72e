// SPDX-License-Identifier: Apache-2.0
// Floods through the whole of an experiment, and the closed form they are held against.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "sim/experiment/run.h"
#include "sim/measure/ball.h"
#include "sim/topology/graph.h"

namespace shoal::sim {

struct Flooded {
  double reach = 0;
  double messages = 0;
  double duplicates = 0;
  friend bool operator==(const Flooded&, const Flooded&) = default;
};

inline std::ostream& operator<<(std::ostream& out, const Flooded& flooded) {
  return out << "{reach " << flooded.reach << ", messages " << flooded.messages << ", duplicates "
             << flooded.duplicates << "}";
}

inline Experiment classic_experiment() {
  Experiment experiment;
  experiment.network.delay = "constant";
  experiment.overlay.duplicates = DuplicateRule::kClassic;
  experiment.run.threads = 1;
  return experiment;
}

inline Flooded run_flood(const Experiment& experiment) {
  const auto result = run_once(experiment, experiment.run.seed);
  if (!result) {
    ADD_FAILURE() << result.error().what << ": " << result.error().why;
    return {};
  }
  EXPECT_EQ(result->finished, result->started);
  return {result->reach, result->messages, result->duplicates};
}

/// A classic flood where all delays are equal: who is within t hops is asked, and messages(t) is
/// D0 + sum over 1 <= k < t of (Dk - nk), nk peers with a degree sum of Dk being k hops away.
inline std::vector<Flooded> closed_form(const Graph& graph, std::uint32_t source, unsigned ttl_max,
                                        BallSearch& ball) {
  ball.run(source, ttl_max, [&](std::uint32_t peer, auto visit) {
    for (const std::uint32_t other : graph.neighbours(peer)) visit(other);
  });
  std::vector<Flooded> out(1);
  std::size_t at = 1;
  double messages = graph.degree(source);
  double reach = 0;
  for (unsigned ttl = 1; ttl <= ttl_max; ++ttl) {
    const auto there = static_cast<std::size_t>(ball.at_hop(ttl));
    reach += static_cast<double>(there);
    out.push_back({reach, messages, messages - reach});
    for (std::size_t i = 0; i < there; ++i) messages += graph.degree(ball.peers()[at++]) - 1;
  }
  return out;
}

}  // namespace shoal::sim
