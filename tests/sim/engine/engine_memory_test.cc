// SPDX-License-Identifier: Apache-2.0
// What an engine keeps of messages that have come and gone.
#include <gtest/gtest.h>

#include <memory>

#include "overlay/core/registry.h"
#include "sim/engine/engine.h"
#include "sim/network/delay.h"
#include "sim/topology/families.h"
#include "tests/support/live_bytes.h"

namespace shoal::tests {
namespace {

using std::chrono::milliseconds;

/// So many floods at once, each answered by echoes; then everything has come to rest.
void flood(sim::Engine& engine, std::uint32_t searches) {
  overlay::SearchRequest wanted;
  wanted.ttl = 5;
  wanted.body = make_payload<QueryBody>([](QueryBody& query) {
    query.terms = "memory";
    query.rule = DuplicateRule::kClassic;
    query.echo = true;
  });
  for (std::uint32_t i = 0; i < searches; ++i) {
    ASSERT_TRUE(engine.search(PeerRef{i * 31}, wanted));
  }
  EXPECT_TRUE(engine.run(engine.now() + std::chrono::hours(1)));
  engine.shrink();
}

TEST(EngineMemory, IsTheSameAfterOneFloodAndAfterTwentyAtOnce) {
  sim::TopologyParameters parameters;
  parameters.peers = 1000;
  parameters.degree = 8;
  const auto graph = sim::make_graph("random-regular", parameters, 1);
  ASSERT_TRUE(graph);
  sim::LinkLaw law;
  law.delay = sim::DelayLaw(sim::UniformDelay{milliseconds(10), milliseconds(100)});
  sim::EngineOptions options;
  options.floor = law.floor();
  const auto engine = sim::Engine::make(options, overlay::registry());
  ASSERT_TRUE(engine);
  (*engine)->build(*graph, law);
  flood(**engine, 1);
  const std::size_t one = live_bytes();
  flood(**engine, 20);
  EXPECT_LE(live_bytes(), one + (std::size_t{16} << 10));
}

}  // namespace
}  // namespace shoal::tests
