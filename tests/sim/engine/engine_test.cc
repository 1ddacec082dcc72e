// SPDX-License-Identifier: Apache-2.0
#include "sim/engine/engine.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <memory>
#include <thread>

#include "overlay/core/registry.h"
#include "sim/network/delay.h"
#include "sim/topology/families.h"
#include "tests/support/line_world.h"

namespace shoal::tests {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

std::unique_ptr<sim::Engine> make(const sim::EngineOptions& options) {
  auto engine = sim::Engine::make(options, overlay::registry());
  EXPECT_TRUE(engine.has_value());
  return std::move(*engine);
}

overlay::SearchRequest flood(std::uint8_t ttl, bool echo) {
  overlay::SearchRequest request;
  request.ttl = ttl;
  request.body = make_payload<QueryBody>([&](QueryBody& query) {
    query.terms = "word";
    query.echo = echo;
  });
  return request;
}

sim::LinkLaw law_of(Duration jitter) {
  sim::LinkLaw law;
  law.delay = sim::DelayLaw(sim::UniformDelay{milliseconds(5), milliseconds(80)});
  law.jitter = jitter;
  return law;
}

sim::Graph regular(std::uint32_t peers, std::uint32_t degree) {
  sim::TopologyParameters parameters;
  parameters.peers = peers;
  parameters.degree = degree;
  return sim::make_graph("random-regular", parameters, 7).value();
}

TEST(Engine, RefusesAModelWithoutDelayInWords) {
  sim::EngineOptions options;
  options.floor = {};
  const auto engine = sim::Engine::make(options, overlay::registry());
  ASSERT_FALSE(engine.has_value());
  EXPECT_EQ(engine.error().code, Errc::kInvalidArgument);
  EXPECT_NE(engine.error().why.find("delay is zero"), std::string::npos);
  EXPECT_FALSE(engine.error().next.empty());
}

TEST(Engine, RefusesThreadsThatItCannotUse) {
  sim::EngineOptions options;
  options.threads = 0;
  EXPECT_FALSE(sim::Engine::make(options, overlay::registry()).has_value());
  options.threads = limits::kSimThreadsMax + 1;
  EXPECT_FALSE(sim::Engine::make(options, overlay::registry()).has_value());
  options.threads = 2;
  options.order = sim::Order::kTotal;
  EXPECT_FALSE(sim::Engine::make(options, overlay::registry()).has_value());
}

TEST(Engine, RaisesShortDelaysToTheFloorAndCountsThem) {
  sim::EngineOptions options;
  options.floor = milliseconds(10);
  const auto engine = make(options);
  engine->add_peers(2);
  engine->connect(PeerRef{0}, PeerRef{1}, {milliseconds(3), milliseconds(10), {}});
  EXPECT_EQ(engine->raised(), 1U);
  ASSERT_TRUE(engine->search(PeerRef{0}, flood(1, true)));
  engine->run_until(Instant(milliseconds(9)));
  EXPECT_EQ(engine->deliveries(), 0U);
  engine->run_until(Instant(milliseconds(10)));
  EXPECT_EQ(engine->deliveries(), 1U);
}

TEST(Engine, CountsTheDelaysThatAGraphsLawHasRaised) {
  sim::LinkLaw law;
  law.delay = sim::DelayLaw(sim::ExponentialDelay{{}, milliseconds(50)}, milliseconds(5));
  const sim::Graph graph = regular(1'000, 8);
  std::uint64_t expected = 0;
  for (std::uint32_t peer = 0; peer < graph.size(); ++peer) {
    for (const std::uint32_t other : graph.neighbours(peer)) {
      const sim::LinkTimes times = law.link(3, PeerRef{peer}, PeerRef{other});
      expected += times.there == milliseconds(5) ? 1U : 0U;
    }
  }
  EXPECT_GT(expected, 100U);
  for (const unsigned threads : {1U, 3U}) {
    sim::EngineOptions options;
    options.seed = 3;
    options.threads = threads;
    options.shard_bits = 6;
    const auto engine = make(options);
    engine->build(graph, law);
    EXPECT_EQ(engine->raised(), expected);
  }
}

RC_GTEST_PROP(Engine, BuildsAGraphAsIfItsLinksWereMadeOneByOne, ()) {
  const auto peers = *rc::gen::inRange<std::uint32_t>(4, 40).as("peers");
  const auto degree = *rc::gen::inRange<std::uint32_t>(1, 4).as("degree");
  const auto jitter = milliseconds(*rc::gen::inRange(0, 2).as("jitter") * 7);
  const sim::Graph graph = regular(peers * 2, degree);
  const sim::LinkLaw law = law_of(jitter);
  sim::EngineOptions options;
  options.seed = *rc::gen::arbitrary<std::uint64_t>().as("seed");
  options.floor = law.floor();
  options.shard_bits = *rc::gen::inRange(0U, 6U).as("shard bits");
  const auto built = make(options);
  built->build(graph, law);
  const auto linked = make(options);
  linked->add_peers(graph.size());
  for (std::uint32_t peer = 0; peer < graph.size(); ++peer) {
    for (const std::uint32_t other : graph.neighbours(peer)) {
      if (other < peer) continue;
      const auto times = law.link(options.seed, PeerRef{peer}, PeerRef{other});
      linked->connect(PeerRef{peer}, PeerRef{other}, {times.there, times.back, law.jitter});
    }
  }
  for (const auto& engine : {built.get(), linked.get()}) {
    RC_ASSERT(engine->search(PeerRef{0}, flood(6, true)).has_value());
    RC_ASSERT(engine->run(Instant(minutes(10))));
  }
  RC_ASSERT(built->digest() == linked->digest());
  RC_ASSERT(built->deliveries() == linked->deliveries());
  RC_ASSERT(built->now() == linked->now());
}

/// A run of some size with churn, whose digest must be the same everywhere.
std::uint64_t digest_of_run(unsigned threads, unsigned shard_bits) {
  const sim::LinkLaw law = law_of(milliseconds(3));
  sim::EngineOptions options;
  options.seed = 11;
  options.floor = law.floor();
  options.threads = threads;
  options.work_for_threads = 0;
  options.shard_bits = shard_bits;
  const auto engine = make(options);
  engine->build(regular(3000, 6), law);
  for (std::uint32_t i = 0; i < 40; ++i) {
    const PeerRef peer{i * 67 % 3000};
    engine->at(Instant(milliseconds(40 * i)), [&engine, peer, i] {
      if (engine->alive(peer)) static_cast<void>(engine->search(peer, flood(4, i % 2 == 0)));
    });
    engine->at(Instant(milliseconds(50 * i + 20)),
               [&engine, peer] { engine->crash(PeerRef{peer.value + 1}, milliseconds(30)); });
  }
  for (const int ms : {700, 1501}) {  // moves what is under way, and changes nothing
    engine->at(Instant(milliseconds(ms)), [&engine] { engine->shrink(); });
  }
  EXPECT_TRUE(engine->run(Instant(minutes(10))));
  EXPECT_GT(engine->deliveries(), 30'000U);
  return engine->digest();
}

TEST(Engine, GivesOneDigestOnAnyNumberOfThreadsAndWithEveryCompiler) {
  constexpr std::uint64_t kDigest = 16'292'136'459'646'917'131ULL;
  EXPECT_EQ(digest_of_run(1, 11), kDigest);
  EXPECT_EQ(digest_of_run(1, 5), kDigest);
  EXPECT_EQ(digest_of_run(2, 7), kDigest);
  EXPECT_EQ(digest_of_run(4, 8), kDigest);
}

/// Whether all that it sees happens on one thread, the one that made it.
struct OneThread final : sim::Observer {
  void on_delivery(Instant, PeerRef, PeerRef, const Message&, Verdict,
                   const overlay::Effects&) override {
    ++seen;
    same = same && std::this_thread::get_id() == mine;
  }
  std::thread::id mine = std::this_thread::get_id();
  std::uint32_t seen = 0;
  bool same = true;
};

TEST(Engine, WakesNoThreadsWhereOneWouldDoAllTheWork) {
  const sim::LinkLaw law = law_of({});
  sim::EngineOptions options;
  options.floor = law.floor();
  options.threads = 4;
  const auto engine = make(options);
  engine->build(regular(2000, 8), law);  // one shard
  OneThread observer;
  engine->measure([&](std::uint32_t) { return &observer; });
  ASSERT_TRUE(engine->search(PeerRef{0}, flood(7, true)));
  EXPECT_TRUE(engine->run(Instant(minutes(10))));
  EXPECT_GT(observer.seen, 20'000U);
  EXPECT_TRUE(observer.same);
}

TEST(Engine, GivesNoNewBudgetToAPeerThatLinksAgain) {
  sim::EngineOptions options;
  options.floor = milliseconds(5);
  options.order = sim::Order::kTotal;
  const auto engine = make(options);
  Diary diary;
  engine->watch(diary);
  engine->add_peers(2);
  const PeerRef a{0};
  const PeerRef b{1};
  engine->connect(a, b, {milliseconds(10), milliseconds(10), {}});
  const auto wait = [&](Duration time) { engine->run_until(engine->now() + time); };
  const auto refused = [&] {
    const std::size_t before = diary.reports.size();
    for (std::uint32_t i = 0; i < limits::kLinkQueriesBurst; ++i) {
      EXPECT_TRUE(engine->search(a, flood(5, true)));
    }
    wait(milliseconds(20));
    std::uint32_t sum = 0;
    for (std::size_t i = before; i < diary.reports.size(); ++i) {
      sum += diary.reports[i].counts.refused;
    }
    return sum;
  };
  EXPECT_EQ(refused(), 0U);
  engine->take_down(a, b);
  wait(milliseconds(500));
  engine->bring_up(a, b);
  EXPECT_EQ(refused(), limits::kLinkQueriesBurst - limits::kLinkQueriesPerSecond / 2);
  engine->crash(b, {});
  engine->restart(b);
  engine->bring_up(a, b);
  EXPECT_EQ(refused(), 0U) << "who starts anew remembers nothing";
}

TEST(Engine, GivesMemoryBackAndGoesOn) {
  sim::EngineOptions options;
  options.floor = milliseconds(5);
  const auto engine = make(options);
  engine->build(regular(100, 4), law_of({}));
  ASSERT_TRUE(engine->search(PeerRef{3}, flood(5, true)));
  engine->run_until(Instant(milliseconds(50)));
  engine->shrink();  // with messages under way
  EXPECT_TRUE(engine->run(Instant(minutes(5))));
  engine->shrink();
  const std::uint64_t before = engine->deliveries();
  ASSERT_TRUE(engine->search(PeerRef{4}, flood(5, true)));
  EXPECT_TRUE(engine->run(Instant(minutes(10))));
  EXPECT_GT(engine->deliveries(), before + 100);
}

TEST(Engine, TellsHowAnIdBeginsAsTheWholeIdDoes) {
  for (std::uint32_t peer = 0; peer < 1000; ++peer) {
    const PeerId id = sim::simulated_id(PeerRef{peer});
    std::uint64_t prefix = 0;
    for (std::size_t i = 0; i < 8; ++i) prefix = prefix << 8 | id.bytes[i];
    ASSERT_EQ(sim::simulated_id_prefix(PeerRef{peer}), prefix) << peer;
  }
}

}  // namespace
}  // namespace shoal::tests
