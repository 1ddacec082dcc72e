// SPDX-License-Identifier: Apache-2.0
// What messages take by their sizes.
#include <gtest/gtest.h>

#include <vector>

#include "overlay/core/registry.h"
#include "sim/engine/engine.h"
#include "sim/network/delay.h"
#include "sim/network/wire_size.h"
#include "sim/topology/families.h"

namespace shoal::tests {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Arrival {
  Duration at{};
  std::uint32_t to = 0;
  std::uint32_t bytes = 0;
  MessageKind kind = MessageKind::kQuery;
};

struct Arrivals final : sim::Observer {
  std::vector<Arrival> all;
  void on_delivery(Instant now, PeerRef, PeerRef to, const Message& message, Verdict,
                   const overlay::Effects&) override {
    all.push_back({now.time_since_epoch(), to.value, sim::wire_size(message), message.kind});
  }
};

sim::EngineOptions in_one_order() {
  sim::EngineOptions options;
  options.order = sim::Order::kTotal;
  return options;
}

std::unique_ptr<sim::Engine> engine_of(const sim::Graph& graph, const sim::LinkLaw& law,
                                       sim::EngineOptions options) {
  options.floor = law.floor();
  auto engine = sim::Engine::make(options, overlay::registry()).value();
  engine->build(graph, law);
  return engine;
}

void search(sim::Engine& engine, std::uint32_t origin, std::uint8_t ttl) {
  overlay::SearchRequest request;
  request.ttl = ttl;
  request.body = make_payload<QueryBody>([](QueryBody& query) { query.terms = "word"; });
  ASSERT_TRUE(engine.search(PeerRef{origin}, request));
}

sim::LinkLaw law_of(std::uint64_t up, std::uint64_t down) {
  sim::LinkLaw law;
  law.delay = sim::DelayLaw(sim::ConstantDelay{milliseconds(20)});
  law.lines = sim::BandwidthLaw({{sim::Fixed::whole(1), {up, down}}});
  return law;
}

// The middle of a star asks all: each copy leaves after those before it, and takes its time on the
// receiver's line too.
TEST(Lines, CopiesLeaveOneAfterTheOther) {
  const sim::Graph star = sim::make_graph("star", {.peers = 6}, 1).value();
  Arrivals arrivals;
  auto engine = engine_of(star, law_of(10'000, 40'000), in_one_order());
  engine->watch(arrivals);
  search(*engine, 0, 1);
  EXPECT_TRUE(engine->run(Instant(seconds(600))));
  ASSERT_EQ(arrivals.all.size(), 10U);  // five copies and their answers
  std::vector<Arrival> copies;
  for (const Arrival& arrival : arrivals.all) {
    if (arrival.to != 0) copies.push_back(arrival);
  }
  ASSERT_EQ(copies.size(), 5U);
  Duration left{};
  for (std::uint32_t i = 0; i < 5; ++i) {
    left += sim::sending_time(copies[i].bytes, 10'000);
    EXPECT_EQ(copies[i].to, i + 1);
    EXPECT_EQ(copies[i].at, left + milliseconds(20) + sim::sending_time(copies[i].bytes, 40'000));
  }
}

TEST(Lines, FastOnesChangeNothing) {
  const sim::Graph graph =
      sim::make_graph("random-regular", {.peers = 200, .degree = 6}, 1).value();
  const auto digest_of = [&](const sim::LinkLaw& law) {
    auto engine = engine_of(graph, law, {});
    search(*engine, 0, 4);
    EXPECT_TRUE(engine->run(Instant(seconds(600))));
    return engine->digest();
  };
  sim::LinkLaw without = law_of(0, 0);
  without.lines = {};
  EXPECT_EQ(digest_of(law_of(0, 0)), digest_of(without));
  EXPECT_NE(digest_of(law_of(100'000, 0)), digest_of(without));
}

TEST(Lines, RunsAreEqualOnAnyNumberOfThreads) {
  const sim::Graph graph =
      sim::make_graph("random-regular", {.peers = 2000, .degree = 6}, 1).value();
  sim::LinkLaw law;
  law.delay = sim::DelayLaw(sim::UniformDelay{milliseconds(10), milliseconds(90)});
  law.jitter = milliseconds(3);
  law.lines = sim::BandwidthLaw::parse("0.5 100k 1M, 0.5 1M 300k").value();
  std::vector<std::uint64_t> digests;
  for (const unsigned threads : {1U, 2U, 4U}) {
    sim::EngineOptions options;
    options.threads = threads;
    options.shard_bits = 6;
    auto engine = engine_of(graph, law, options);
    search(*engine, 0, 5);
    search(*engine, 7, 5);
    EXPECT_TRUE(engine->run(Instant(seconds(600))));
    digests.push_back(engine->digest());
  }
  EXPECT_EQ(digests[0], digests[1]);
  EXPECT_EQ(digests[0], digests[2]);
}

// A small message behind a large one does not overtake it, though it takes less on the receiver's
// line.
TEST(Lines, LinksKeepTheirOrder) {
  const sim::Graph pair = sim::make_graph("path", {.peers = 2}, 1).value();
  Arrivals arrivals;
  auto engine = engine_of(pair, law_of(1'000'000, 1000), in_one_order());
  engine->watch(arrivals);
  overlay::SearchRequest request;
  request.body =
      make_payload<QueryBody>([](QueryBody& query) { query.terms = std::string(200, 'x'); });
  const auto query = engine->search(PeerRef{0}, request);
  ASSERT_TRUE(query);
  engine->cancel(PeerRef{0}, *query);
  EXPECT_TRUE(engine->run(Instant(seconds(600))));
  ASSERT_GE(arrivals.all.size(), 2U);
  EXPECT_EQ(arrivals.all[0].kind, MessageKind::kQuery);
  EXPECT_EQ(arrivals.all[1].kind, MessageKind::kCancel);
  EXPECT_EQ(arrivals.all[1].at, arrivals.all[0].at);
}

}  // namespace
}  // namespace shoal::tests
