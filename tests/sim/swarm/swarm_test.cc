// SPDX-License-Identifier: Apache-2.0
// Many fetch from one and from one another: how fast it can be, how fair, and that limits hold.
#include "sim/swarm/swarm.h"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>
#include <algorithm>
#include <array>
#include <map>
#include <ostream>
#include <string>

#include "proto/types/limits.h"
#include "proto/types/limits_transfer.h"
#include "proto/types/rng.h"
#include "tests/support/sanitized.h"

namespace shoal::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMiB = 1U << 20U;

double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

/// (sum x)^2 / (n sum x^2): 1 when all have as much, 1/n when one has all (Jain, Chiu, Hawe 1984).
double jain(const std::vector<std::uint64_t>& shares) {
  double sum = 0;
  double squares = 0;
  for (const std::uint64_t share : shares) {
    sum += static_cast<double>(share);
    squares += static_cast<double>(share) * static_cast<double>(share);
  }
  return sum * sum / (static_cast<double>(shares.size()) * squares);
}

TEST(Swarm, TheFluidBoundIsTheSlowestOfThree) {
  SwarmSpec spec{.leechers = 4, .bytes = 100, .seed_up = 10, .up = 1, .down = 50};
  EXPECT_EQ(fluid_bound(spec), Duration(4 * 7'142'858));
  spec.up = 100;
  EXPECT_EQ(fluid_bound(spec), Duration(10s));
  spec.down = 5;
  EXPECT_EQ(fluid_bound(spec), Duration(20s));
}

TEST(Swarm, AFlashCrowdOnEqualLinksEndsSoonAfterTheFluidBound) {
  const SwarmSpec spec{.leechers = 40, .bytes = 512 * kMiB};
  Swarm swarm(spec);
  const SwarmResult result = swarm.play();
  ASSERT_NE(result.last(), Instant::max());
  EXPECT_LE(seconds(result.last() - Instant{}), 1.5 * seconds(fluid_bound(spec)));
  // Little is fetched twice: what moved to a faster source.
  EXPECT_LE(result.wasted, spec.bytes * spec.leechers / 100);
  for (std::uint32_t i = 0; i < spec.leechers; ++i) {
    ASSERT_EQ(swarm.download(i).phase(), transfer::Download::Phase::kPlaced);
  }
}

/// Bytes per second each way, and the part of what is carried that may be in vain.
struct SlowLine {
  std::uint64_t rate;
  double in_vain;
};
void PrintTo(const SlowLine& line, std::ostream* out) { *out << line.rate; }

// The slowest take a minute and more under a sanitizer.
constexpr std::array kSlowLines{SlowLine{1'250'000, 0.015}, SlowLine{250'000, 0.02},
                                SlowLine{125'000, 0.02}, SlowLine{62'500, 0.05}};
constexpr std::size_t kSlowLinesPlayed = tests::thread_sanitized()    ? 1
                                         : tests::address_sanitized() ? 2
                                                                      : kSlowLines.size();

class SwarmOfSlowLines : public testing::TestWithParam<SlowLine> {};

// Eight answers share an uplink on which one alone takes seconds: nobody may be taken for stalled,
// and no piece be handed round for ever.
TEST_P(SwarmOfSlowLines, CarriesLittleInVain) {
  const auto [rate, in_vain] = GetParam();
  const SwarmSpec spec{
      .leechers = 20, .bytes = 40 * kMiB, .seed_up = rate, .up = rate, .down = rate};
  const SwarmResult result = Swarm(spec).play();
  ASSERT_NE(result.last(), Instant::max());
  EXPECT_LE(static_cast<double>(result.wasted),
            in_vain * static_cast<double>(spec.bytes * spec.leechers));
  EXPECT_LE(seconds(result.last() - Instant{}), 1.75 * seconds(fluid_bound(spec)));
  EXPECT_EQ(result.stalled, 0U);
}

INSTANTIATE_TEST_SUITE_P(Rates, SwarmOfSlowLines,
                         testing::ValuesIn(kSlowLines.begin(),
                                           kSlowLines.begin() + kSlowLinesPlayed),
                         [](const auto& line) { return std::to_string(line.param.rate); });

// They go on fetching, and say that they have what they got.
TEST(Swarm, ACrowdSetsThoseAsideWhoFallSilentAndNobodyElse) {
  SwarmSpec spec{.leechers = 40, .bytes = 512 * kMiB, .seed_up = 5'000'000, .up = 5'000'000};
  const SwarmResult before = Swarm(spec).play();
  spec.silent = 10;
  spec.silent_at = Instant(20s);
  const SwarmResult result = Swarm(spec).play();
  ASSERT_NE(result.last(), Instant::max());
  EXPECT_GT(result.stalled, 10U);
  EXPECT_EQ(result.stalled_falsely, 0U);
  EXPECT_EQ(before.stalled, 0U);
  // A quarter of all that could be sent is missing.
  EXPECT_LE(seconds(result.last() - Instant{}), 1.5 * seconds(before.last() - Instant{}));
}

TEST(Swarm, EqualSpecsGiveEqualRuns) {
  const SwarmSpec spec{.leechers = 30, .bytes = 40 * kMiB};
  const auto one = Swarm(spec).play();
  const auto same = Swarm(spec).play();
  EXPECT_EQ(one.done, same.done);
  EXPECT_EQ(one.from, same.from);
  EXPECT_EQ(one.events, same.events);
  SwarmSpec other = spec;
  other.seed = 2;
  EXPECT_NE(Swarm(other).play().done, one.done);
}

class Seeds : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Swarm, Seeds, testing::Values(1, 2, 3));

TEST_P(Seeds, FiveHundredLeechersShareEightSlotsFairlyAndNoneStarves) {
  SwarmSpec spec{.leechers = 500, .bytes = 1024 * kMiB, .seed_up = 100'000'000, .sources = 0};
  spec.seed = GetParam();
  Rng rng(spec.seed);
  // From a tenth of the seed's line on; a slot's share is an eighth.
  for (std::uint32_t i = 0; i < spec.leechers; ++i) {
    spec.downs.push_back(10'000'000 + rng.below(90'000'000));
  }
  spec.stop_after = 400s;
  std::vector<std::uint64_t> got(spec.leechers);
  std::vector<Instant> last(spec.leechers);
  Duration longest{};
  Swarm(spec, [&](std::uint32_t, std::uint32_t to, Instant at, std::uint32_t bytes) {
    got[to - 1] += bytes;
    longest = std::max(longest, at - last[to - 1]);
    last[to - 1] = at;
  }).play();
  for (const Instant at : last) longest = std::max(longest, Instant(400s) - at);
  EXPECT_GE(jain(got), 0.95);
  // One round of everybody's turns at the seed's full rate, and a third more.
  const double round = 500.0 * static_cast<double>(limits::kTurnBytes) / 100e6;
  EXPECT_LE(seconds(longest), 4.0 / 3.0 * round);
}

TEST_P(Seeds, SpareTurnsTakeNothingFromThoseWhoWait) {
  SwarmSpec spec{.leechers = 500, .bytes = 1024 * kMiB, .seed_up = 100'000'000, .sources = 0};
  spec.seed = GetParam();
  spec.twins = true;
  spec.down = 100'000'000;
  spec.stop_after = 400s;
  std::vector<std::uint64_t> got(spec.leechers);
  const auto result =
      Swarm(spec, [&](std::uint32_t, std::uint32_t to, Instant, std::uint32_t bytes) {
        got[to - 1] += bytes;
      }).play();
  EXPECT_GE(jain(got), 0.95);
  EXPECT_GT(result.refused, 0U);
}

TEST_P(Seeds, AFewMoreThanThereAreSlotsShareThemFairlyThoughEachWouldTakeTwo) {
  for (const std::uint32_t leechers : {9U, 12U, 16U}) {
    SwarmSpec spec{
        .leechers = leechers, .bytes = 1024 * kMiB, .seed_up = 100'000'000, .sources = 0};
    spec.seed = GetParam();
    spec.twins = true;
    spec.down = 100'000'000;
    spec.stop_after = 60s;
    std::vector<std::uint64_t> got(leechers);
    const auto result =
        Swarm(spec, [&](std::uint32_t, std::uint32_t to, Instant, std::uint32_t bytes) {
          got[to - 1] += bytes;
        }).play();
    EXPECT_GE(jain(got), 0.95) << leechers;
    EXPECT_GT(result.spare, 0U) << "those who came first had some";
  }
}

TEST(Swarm, WhereNobodyWaitsEachTakesItsSpareTurn) {
  SwarmSpec spec{.leechers = 4, .bytes = 256 * kMiB, .seed_up = 100'000'000, .sources = 0};
  spec.twins = true;
  const auto result = Swarm(spec).play();
  ASSERT_NE(result.last(), Instant::max());
  EXPECT_EQ(result.spare, 4U);
  EXPECT_EQ(result.turns, 8U);
  EXPECT_LE(result.wasted, spec.bytes * spec.leechers / 100);
}

RC_GTEST_PROP(Swarm, NoFriendGetsMoreThanItsBucketOverAnyTime, ()) {
  SwarmSpec spec{.leechers = 12, .bytes = 4 * kMiB, .seed_up = 50'000'000, .down = 50'000'000};
  spec.seed = *rc::gen::arbitrary<std::uint64_t>().as("seed");
  spec.sources = 0;
  spec.rates.all = *rc::gen::inRange<std::uint64_t>(4'000'000, 40'000'000).as("all");
  spec.rates.each = *rc::gen::inRange<std::uint64_t>(300'000, 10'000'000).as("each");
  spec.twins = *rc::gen::arbitrary<bool>().as("over two streams");
  spec.rates.own[peer_id(3)] = *rc::gen::inRange<std::uint64_t>(300'000, 30'000'000).as("own");
  std::vector<std::pair<Instant, std::uint64_t>> all;
  std::map<std::uint32_t, std::vector<std::pair<Instant, std::uint64_t>>> by_peer;
  const auto result =
      Swarm(spec, [&](std::uint32_t, std::uint32_t to, Instant at, std::uint32_t bytes) {
        all.emplace_back(at, bytes);
        by_peer[to].emplace_back(at, bytes);
      }).play();
  const auto keeps = [](const auto& sent, std::uint64_t rate) {
    for (std::size_t first = 0; first < sent.size(); ++first) {
      double bytes = 0;
      for (std::size_t next = first; next < sent.size(); ++next) {
        bytes += static_cast<double>(sent[next].second);
        const double may =
            static_cast<double>(transfer::burst_of(rate)) +
            static_cast<double>(rate) * seconds(sent[next].first - sent[first].first);
        if (bytes > may + 1) return false;
      }
    }
    return true;
  };
  RC_ASSERT(result.last() != Instant::max());
  RC_ASSERT(keeps(all, spec.rates.all));
  for (const auto& [who, sent] : by_peer) {
    RC_ASSERT(keeps(sent, who == 3 ? spec.rates.own[peer_id(3)] : spec.rates.each));
  }
}

}  // namespace
}  // namespace shoal::sim
