// SPDX-License-Identifier: Apache-2.0
#include "transfer/core/meter.h"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>
#include <algorithm>
#include <utility>
#include <vector>

namespace shoal::transfer {
namespace {

using namespace std::chrono_literals;

/// Remembers all, and looks through it each time.
class DumbMeter {
 public:
  void add(std::uint64_t bytes, Instant now) {
    if (bytes > 0) all_.emplace_back(now, bytes);
  }
  [[nodiscard]] std::uint64_t bytes() const {
    std::uint64_t sum = 0;
    for (const auto& [at, bytes] : all_) sum += bytes;
    return sum;
  }
  [[nodiscard]] std::uint64_t rate(Instant now) const {
    if (all_.empty()) return 0;
    const Instant begin = floor_of(now) - 11 * Meter::kSlot;
    std::uint64_t recent = 0;
    for (const auto& [at, bytes] : all_) recent += at >= begin ? bytes : 0;
    const Duration since = floor_of(now) + Meter::kSlot - floor_of(all_.front().first);
    const Duration over = std::clamp<Duration>(since, 1s, 12 * Meter::kSlot);
    return recent * 1'000'000 / static_cast<std::uint64_t>(over.count());
  }

 private:
  static Instant floor_of(Instant at) {
    return Instant{at.time_since_epoch() / Meter::kSlot * Meter::kSlot};
  }
  std::vector<std::pair<Instant, std::uint64_t>> all_;
};

RC_GTEST_PROP(Meter, CountsAsOneThatRemembersAll, ()) {
  const auto count = *rc::gen::inRange(1, 60).as("steps");
  Instant now{};
  now += std::chrono::milliseconds(*rc::gen::inRange(0, 5'000).as("begin in ms"));
  Meter meter;
  DumbMeter dumb;
  for (int i = 0; i < count; ++i) {
    // Mostly within a slot or two, sometimes farther than all of them.
    now += std::chrono::milliseconds(*rc::gen::weightedOneOf<int>({{6, rc::gen::inRange(0, 400)},
                                                                   {1, rc::gen::inRange(0, 9'000)}})
                                          .as("pause in ms"));
    if (*rc::gen::inRange(0, 3).as("add, else look") != 0) {
      const auto bytes = *rc::gen::inRange<std::uint64_t>(0, 2'000'000).as("bytes");
      meter.add(bytes, now);
      dumb.add(bytes, now);
    }
    RC_ASSERT(meter.bytes() == dumb.bytes());
    RC_ASSERT(meter.rate(now) == dumb.rate(now));
  }
}

TEST(Meter, ReadsNothingThreeSecondsAfterTheLastBytes) {
  Meter meter;
  meter.add(3'000'000, Instant{});
  EXPECT_EQ(meter.rate(Instant{}), 3'000'000U);
  EXPECT_GT(meter.rate(Instant{} + 2999ms), 0U);
  EXPECT_EQ(meter.rate(Instant{} + 3000ms), 0U);
  EXPECT_EQ(meter.bytes(), 3'000'000U);
}

}  // namespace
}  // namespace shoal::transfer
