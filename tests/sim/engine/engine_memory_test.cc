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

constexpr std::uint32_t kPeers = 1000;

std::unique_ptr<sim::Engine> make_engine(unsigned threads) {
  sim::TopologyParameters parameters;
  parameters.peers = kPeers;
  parameters.degree = 8;
  const auto graph = sim::make_graph("random-regular", parameters, 1);
  sim::LinkLaw law;
  law.delay = sim::DelayLaw(sim::UniformDelay{milliseconds(10), milliseconds(100)});
  sim::EngineOptions options;
  options.floor = law.floor();
  options.threads = threads;
  auto engine = sim::Engine::make(options, overlay::registry());
  (*engine)->build(*graph, law);
  return *std::move(engine);
}

TEST(EngineMemory, IsTheSameAfterOneFloodAndAfterTwentyAtOnce) {
  const auto engine = make_engine(1);
  flood(*engine, 1);
  const std::size_t one = live_bytes();
  flood(*engine, 20);
  EXPECT_LE(live_bytes(), one + (std::size_t{16} << 10));
}

// 356 bytes of objects a peer, and what an engine has but once; slots and ends of links are not in
// it, since they come from the system. That all of it stays within 600 is seen of the program.
TEST(EngineMemory, OfAnIdlePeerIsItsOwnObjects) {
  for (const unsigned threads : {1U, 4U}) {
    const std::size_t before = live_bytes();
    const auto engine = make_engine(threads);
    flood(*engine, 20);
    EXPECT_LE(live_bytes() - before, kPeers * std::size_t{356} + (std::size_t{16} << 10));
  }
}

}  // namespace
}  // namespace shoal::tests
