// SPDX-License-Identifier: Apache-2.0
#include "sim/engine/clock.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "sim/draw/wide.h"
#include "sim/engine/engine.h"
#include "tests/support/line_world.h"

namespace shoal::sim {
namespace {

template <class T>
T draw(const char* name, T least, T most) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<T>(least, most)).as(name);
}

TEST(Clock, IsRightUntilItIsChanged) {
  const Clock clock;
  EXPECT_EQ(clock.own(12'345), 12'345);
  EXPECT_EQ(clock.due(12'345), 12'345);
}

TEST(Clock, GainsSoManyMicrosecondsInASecond) {
  Clock fast;
  fast.drift(10'000'000, 100);
  EXPECT_EQ(fast.own(10'000'000), 10'000'000);
  EXPECT_EQ(fast.own(20'000'000), 20'001'000);
  Clock slow;
  slow.drift(0, -100);
  EXPECT_EQ(slow.own(10'000'000), 9'999'000);
  // A year, in which a product of 64 bits would not do.
  const std::int64_t year = std::int64_t{366} * 24 * 3600 * 1'000'000;
  EXPECT_EQ(slow.own(year), year - year / 10'000);
  EXPECT_EQ(slow.due(slow.own(year)), year);
}

// Oracle: the sum of what each stretch of time gave, in 128 bits; and trying moments one by one.
RC_GTEST_PROP(Clock, NeverGoesBackAndSaysWhenItWillShowATime, ()) {
  Clock clock;
  std::int64_t now = 0;
  Wide shown = 0;  // at `now`, in whole microseconds as after each change
  std::int64_t rate = Clock::kMillion;
  const auto changes = draw("changes", 0, 5);
  for (int i = 0; i < changes; ++i) {
    const std::int64_t later = now + draw<std::int64_t>("later", 0, 3'000'000'000'000);
    shown += Wide{later - now} * rate / Clock::kMillion;
    now = later;
    RC_ASSERT(Wide{clock.own(now)} == shown);
    if (draw("jumps", 0, 2) == 0) {
      const auto by = draw<std::int64_t>("by", 0, 40'000'000);
      clock.jump(now, by);
      shown += by;
    } else {
      const auto ppm = draw<std::int32_t>("ppm", -limits::kClockSkewMax, limits::kClockSkewMax + 1);
      clock.drift(now, ppm);
      rate = Clock::kMillion + ppm;
    }
    RC_ASSERT(Wide{clock.own(now)} == shown);
  }
  const auto ahead = draw<std::int64_t>("ahead", 0, 100'000'000'000);
  const std::int64_t own = clock.own(now) + ahead;
  const std::int64_t due = clock.due(own);
  RC_ASSERT(due >= now);
  RC_ASSERT(clock.own(due) >= own);
  if (due > now) RC_ASSERT(clock.own(due - 1) < own);
  RC_ASSERT(clock.own(due + 1) >= clock.own(due));
}

/// When, by the true time, a search ends that nobody answers.
Duration search_ends(std::int32_t ppm, Duration jump_at, Duration forward) {
  EngineOptions options;
  options.order = Order::kTotal;
  auto engine = Engine::make(options, overlay::registry()).value();
  struct End final : Observer {
    Instant at;
    Duration took{};
    void on_finished(Instant now, PeerRef, const overlay::Finished& finished) override {
      at = now;
      took = finished.report.took;
    }
  } end;
  engine->watch(end);
  engine->add_peers(2);
  engine->connect(PeerRef{0}, PeerRef{1},
                  {std::chrono::milliseconds(10), std::chrono::milliseconds(10), {}});
  engine->stall(PeerRef{0}, PeerRef{1}, true);
  engine->run_until(Instant(std::chrono::seconds(1)));
  engine->drift(PeerRef{0}, ppm);
  overlay::SearchRequest request;
  request.body = make_payload<QueryBody>([](QueryBody& query) { query.terms = "word"; });
  request.budget = std::chrono::seconds(10);
  EXPECT_TRUE(engine->search(PeerRef{0}, request));
  if (forward > Duration{}) {
    engine->at(Instant(std::chrono::seconds(1) + jump_at),
               [&] { engine->jump(PeerRef{0}, forward); });
  }
  EXPECT_TRUE(engine->run(Instant(std::chrono::minutes(10))));
  EXPECT_GE(end.took, std::chrono::seconds(10));
  return end.at.time_since_epoch() - std::chrono::seconds(1);
}

TEST(Clock, IsWhatATimerGoesBy) {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  EXPECT_EQ(search_ends(0, {}, {}), seconds(10));
  EXPECT_EQ(search_ends(100'000, {}, {}), Duration(9'090'910)) << "11 s by its clock in 10";
  EXPECT_EQ(search_ends(-200'000, {}, {}), Duration(12'500'000));
  EXPECT_EQ(search_ends(0, seconds(4), milliseconds(1500)), Duration(8'500'000));
  EXPECT_EQ(search_ends(0, seconds(4), seconds(60)), seconds(4)) << "it fires when it is passed";
}

}  // namespace
}  // namespace shoal::sim
