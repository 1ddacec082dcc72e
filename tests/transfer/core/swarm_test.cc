// SPDX-License-Identifier: Apache-2.0
// Many sources at once: what they bring together, and what the slow, the lying and the silent cost.
#include "tests/transfer/core/swarm.h"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>
#include <numeric>

#include "proto/types/limits.h"

namespace shoal::transfer {
namespace {

using testing::SourceSpec;
using testing::Swarm;
using namespace std::chrono_literals;

constexpr std::uint64_t kMiB = 1 << 20;

double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

/// As fast as these lines can be.
double best_time(std::uint64_t length, const std::vector<SourceSpec>& sources) {
  std::uint64_t rate = 0;
  for (const auto& one : sources) rate += one.rate;
  return static_cast<double>(length) / static_cast<double>(rate);
}

std::uint64_t drawn_length() {
  return *rc::gen::inRange<std::uint64_t>(400 * kMiB, 800 * kMiB).as("length");
}
std::uint64_t drawn_rate() {
  return *rc::gen::inRange<std::uint64_t>(1'000'000, 100'000'000).as("rate");
}
Duration drawn_delay() {
  return std::chrono::milliseconds(*rc::gen::inRange(0, 50).as("delay in ms"));
}

RC_GTEST_PROP(Swarm, FourEqualSourcesBringAlmostFourTimesAsMuchAsOneAndNothingTwice, ()) {
  // Long enough that the first round trips do not count.
  const auto length = *rc::gen::inRange<std::uint64_t>(512 * kMiB, 640 * kMiB).as("length");
  SourceSpec source;
  source.rate = drawn_rate() / 4;
  source.delay = drawn_delay();
  Swarm one(length, {source});
  one.play();
  Swarm four(length, {source, source, source, source});
  four.play();
  RC_ASSERT(one.placed());
  RC_ASSERT(four.placed());
  RC_ASSERT(seconds(one.fetched_in()) >= 3.8 * seconds(four.fetched_in()));
  RC_ASSERT(one.core().bytes_wasted() == 0U);
  RC_ASSERT(four.core().bytes_wasted() == 0U);
}

TEST(Swarm, FourSourcesOf100MBPerSecondBringAlmostFourTimesAsMuchHoweverLongThePieces) {
  for (const std::uint64_t gib : {2U, 20U, 100U}) {
    const SourceSpec source{.rate = 100'000'000, .delay = 1ms};
    Swarm one(gib * 1024 * kMiB, {source});
    one.play();
    Swarm four(gib * 1024 * kMiB, {source, source, source, source});
    four.play();
    ASSERT_TRUE(one.placed());
    ASSERT_TRUE(four.placed());
    EXPECT_GE(seconds(one.fetched_in()), 3.8 * seconds(four.fetched_in())) << gib << " GiB";
    EXPECT_EQ(four.core().bytes_wasted(), 0U) << gib << " GiB";
  }
}

RC_GTEST_PROP(Swarm, SlowSourcesDoNotHoldUpFastOnesAndAreUsed, ()) {
  const auto length = drawn_length();
  const auto fast = *rc::gen::inRange<std::size_t>(1, 5).as("fast sources");
  const auto slow = *rc::gen::inRange<std::size_t>(1, 12).as("slow sources");
  std::vector<SourceSpec> sources(fast + slow);
  for (std::size_t i = 0; i < sources.size(); ++i) {
    sources[i].rate = i < fast ? *rc::gen::inRange<std::uint64_t>(5'000'000, 100'000'000).as("fast")
                               : *rc::gen::inRange<std::uint64_t>(50'000, 1'000'000).as("slow");
    sources[i].delay = drawn_delay();
  }
  Swarm swarm(length, sources);
  swarm.play();
  RC_ASSERT(swarm.placed());
  RC_ASSERT(seconds(swarm.fetched_in()) <= 1.1 * best_time(length, sources) + 1.0);
  RC_ASSERT(swarm.core().bytes_wasted() <= 2 * kMiB * slow + 3 * kMiB * fast);
  for (std::size_t i = 0; i < fast; ++i) RC_ASSERT(swarm.given_by(i) > 0U);
}

RC_GTEST_PROP(Swarm, ALiarAmongFourIsSetAsideAndWastesLessThanThreePieces, ()) {
  const auto length = drawn_length();
  SourceSpec honest;
  honest.rate = drawn_rate();
  honest.delay = drawn_delay();
  std::vector<SourceSpec> sources(4, honest);
  const auto liar = *rc::gen::inRange<std::size_t>(0, 4).as("liar");
  sources[liar].rate = honest.rate * *rc::gen::inRange(50U, 200U).as("liar's rate in %") / 100;
  sources[liar].lies_after = *rc::gen::inRange<std::uint64_t>(0, 10).as("lies after");
  // One that never told the truth is held short however long judging takes.
  const bool always = sources[liar].lies_after == 0;
  const auto hash_time = *rc::gen::inRange(500, always ? 200'000 : 1'000).as("hash time in us");
  Swarm swarm(length, sources, std::chrono::microseconds(hash_time));
  swarm.play();
  RC_ASSERT(swarm.placed());
  for (std::size_t i = 0; i < 4; ++i) RC_ASSERT(swarm.set_aside(i) == (i == liar));
  RC_TAG(always ? "from the start" : "later");
  RC_ASSERT(swarm.core().bytes_wasted() < 3 * kMiB);
}

// At the end, too, when pieces move to whoever is idle.
TEST(Swarm, ALiarThatIsJudgedLateIsAskedForTwoPiecesAtMost) {
  SourceSpec liar{.rate = 100'000'000, .delay = 1ms};
  liar.lies_after = 0;
  const SourceSpec slow{.rate = 400'000, .delay = 1ms};
  Swarm swarm(6 * kMiB, {liar, slow, slow}, 5s);
  swarm.play();
  ASSERT_TRUE(swarm.placed());
  EXPECT_TRUE(swarm.set_aside(0));
  EXPECT_LE(swarm.given_by(0), 2 * kMiB);
}

RC_GTEST_PROP(Swarm, ASourceThatStallsOrVanishesCostsSecondsAtMost, ()) {
  const auto length = drawn_length();
  std::vector<SourceSpec> sources(4);
  for (auto& one : sources) {
    one.rate = drawn_rate();
    one.delay = drawn_delay();
  }
  const auto stalls = *rc::gen::arbitrary<bool>().as("stalls, else vanishes");
  const auto when = Instant{} + std::chrono::milliseconds(*rc::gen::inRange(0, 20'000).as("at ms"));
  (stalls ? sources[0].stalls_at : sources[0].vanishes_at) = when;
  Swarm swarm(length, sources);
  swarm.play();
  RC_TAG(seconds(when - Instant{}) < best_time(length, sources) ? "while fetching" : "after");
  RC_ASSERT(swarm.placed());
  RC_ASSERT(!swarm.sought());
  const std::vector<SourceSpec> others(sources.begin() + 1, sources.end());
  RC_ASSERT(seconds(swarm.fetched_in()) <= 1.1 * best_time(length, others) + 4.0);
}

RC_GTEST_PROP(Swarm, PiecesThatFewHaveComeFromThoseFew, ()) {
  const auto length = drawn_length();
  const auto count = *rc::gen::inRange<std::size_t>(2, 6).as("sources");
  const auto seed = *rc::gen::arbitrary<std::uint64_t>().as("seed");
  const std::uint32_t pieces = Layout(length).pieces;
  std::vector<SourceSpec> sources(count);
  Rng rng(seed);
  for (auto& one : sources) one.have = PieceMap(pieces);
  std::size_t largest = 0;
  for (std::uint32_t piece = 0; piece < pieces; ++piece) {
    // Each at one, some at more.
    sources[rng.below(count)].have->add(piece);
    for (auto& one : sources) {
      if (rng.below(4) == 0) one.have->add(piece);
    }
  }
  for (const auto& one : sources) largest = std::max<std::size_t>(largest, one.have->count());
  Swarm swarm(length, sources);
  swarm.play();
  RC_ASSERT(swarm.placed());
  RC_ASSERT(swarm.core().bytes_wasted() == 0U);
  // Equal lines with random shares: nobody waits long for the one that has the most to give.
  RC_ASSERT(seconds(swarm.fetched_in()) <= 1.2 * best_time(length, sources) + 2.0);
  for (std::size_t i = 0; i < count; ++i) RC_ASSERT(!swarm.set_aside(i));
}

TEST(Swarm, ASourceThatHasAllGivesFirstWhatTheOthersLack) {
  const std::uint64_t length = 400 * kMiB;
  SourceSpec all;
  SourceSpec half;
  half.have = PieceMap(400);
  for (std::uint32_t piece = 0; piece < 200; ++piece) half.have->add(piece);
  Swarm swarm(length, {half, all});
  swarm.play();
  ASSERT_TRUE(swarm.placed());
  EXPECT_LE(seconds(swarm.fetched_in()), 1.05 * best_time(length, {half, all}));
}

}  // namespace
}  // namespace shoal::transfer
