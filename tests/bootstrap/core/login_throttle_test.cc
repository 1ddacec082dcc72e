// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/core/login_throttle.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/bootstrap/core/support.h"

namespace shoal::bootstrap {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration kNow{0};

TEST(LoginThrottle, DoublesTheWaitAfterFiveFailuresAndNeverLocksOut) {
  LoginThrottle throttle;
  Instant now = at(1000);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(throttle.begin("ana", "a", now), kNow) << i;
  Duration expected = seconds(1);
  for (int i = 0; i < 12; ++i) {
    EXPECT_EQ(throttle.begin("ana", "a", now), expected);
    // Trying meanwhile makes it no longer.
    EXPECT_EQ(throttle.begin("ana", "a", now + expected - Duration(1)), Duration(1));
    now += expected;
    EXPECT_EQ(throttle.begin("ana", "a", now), kNow) << i;
    expected = std::min<Duration>(expected * 2, minutes(15));
  }
}

TEST(LoginThrottle, LetsAnotherAddressInWhoeverFailedBefore) {
  LoginThrottle throttle;
  for (int address = 0; address < 1000; ++address) {
    for (int i = 0; i < 30; ++i) {
      throttle.begin("ana", "stranger " + std::to_string(address), at(1000));
    }
  }
  EXPECT_EQ(throttle.begin("ana", "home", at(1000)), kNow);
}

TEST(LoginThrottle, BoundsWhatOneAddressTriesOverAllUsers) {
  LoginThrottle throttle;
  unsigned tries = 0;
  while (throttle.begin("user " + std::to_string(tries), "a", at(1000)) == kNow) ++tries;
  EXPECT_EQ(tries, limits::kLoginFailuresBurst);
  EXPECT_EQ(throttle.begin("ana", "a", at(1000)), Duration(seconds(45)));
  EXPECT_EQ(throttle.begin("ana", "a", at(1045)), kNow);
  EXPECT_GT(throttle.begin("ana", "a", at(1045)), kNow);
  EXPECT_EQ(throttle.begin("ana", "b", at(1045)), kNow);
}

TEST(LoginThrottle, CountsNoSuccess) {
  LoginThrottle throttle;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(throttle.begin("ana", "a", at(1000)), kNow) << i;
    throttle.succeeded("ana", "a");
  }
}

TEST(LoginThrottle, CountsTriesThatHaveNotEndedYet) {
  LoginThrottle throttle;
  int begun = 0;
  while (throttle.begin("ana", "a", at(1000)) == kNow) ++begun;
  EXPECT_EQ(begun, 5);
  throttle.succeeded("ana", "a");
  EXPECT_EQ(throttle.begin("ana", "a", at(1000)), kNow);
}

TEST(LoginThrottle, LetsAClassroomRegisterAndThenOnePerMinute) {
  LoginThrottle throttle;
  for (int i = 0; i < 60; ++i) EXPECT_EQ(throttle.begin_registration("class", at(1000)), kNow);
  EXPECT_EQ(throttle.begin_registration("class", at(1000)), Duration(minutes(1)));
  EXPECT_EQ(throttle.begin_registration("other", at(1000)), kNow);
  EXPECT_EQ(throttle.begin_registration("class", at(1060)), kNow);
}

TEST(LoginThrottle, StaysWithinItsTableAndLetsNoRefusedTryPushOthersOut) {
  LoginLimits few;
  few.entries_max = 30;
  LoginThrottle throttle(few);
  for (int i = 0; i < 6; ++i) throttle.begin("ana", "a", at(1000));
  EXPECT_GT(throttle.begin("ana", "a", at(1000)), kNow);
  // One stranger's tries are refused long before they fill the table.
  for (int i = 0; i < 1000; ++i) throttle.begin("user " + std::to_string(i), "b", at(1000));
  EXPECT_GT(throttle.begin("ana", "a", at(1000)), kNow);
  EXPECT_LE(throttle.size(), 60U);
  for (int i = 0; i < 1000; ++i) throttle.begin("ana", std::to_string(i), at(1000));
  EXPECT_EQ(throttle.size(), 60U);
}

// Every try that was let, and from them, by what the words say, how long the next has to wait.
struct Oracle {
  struct Try {
    Instant when;
    int user;
    int address;
  };
  LoginLimits limits;
  std::vector<Try> failed;

  [[nodiscard]] Duration wait(int user, int address, Instant now) const {
    Duration out{0};
    // Of the address: from each failure on, no more than the burst and one for each period.
    std::int64_t since = 0;
    for (auto at = failed.rbegin(); at != failed.rend(); ++at) {
      if (at->address != address) continue;
      ++since;
      const Instant whole = at->when + since * limits.failures.period;
      out = std::max(out, whole + limits.failures.period -
                              limits.failures.burst * limits.failures.period - now);
    }
    // Of the pair: the failures without a long pause between them.
    std::uint32_t row = 0;
    Instant last;
    for (auto at = failed.rbegin(); at != failed.rend(); ++at) {
      if (at->user != user || at->address != address) continue;
      if (row > 0 && last - at->when >= limits.memory) break;
      if (row == 0 && now - at->when >= limits.memory) break;
      last = at->when;
      ++row;
    }
    if (row >= limits.tries_free) {
      Duration pause = limits.wait_first;
      for (std::uint32_t i = limits.tries_free; i < row && pause < limits.wait_max; ++i) pause *= 2;
      const auto newest = std::find_if(failed.rbegin(), failed.rend(), [&](const Try& each) {
        return each.user == user && each.address == address;
      });
      out = std::max(out, newest->when + std::min(pause, limits.wait_max) - now);
    }
    return out;
  }
};

RC_GTEST_PROP(LoginThrottle, AgreesWithAnOracleThatCountsEveryTry, ()) {
  Oracle oracle;
  LoginLimits& limits = oracle.limits;
  limits.tries_free = *rc::gen::inRange<std::uint32_t>(1, 5).as("tries free");
  limits.wait_first = Duration(*rc::gen::inRange(1, 10).as("first wait"));
  limits.wait_max = limits.wait_first * *rc::gen::inRange(1, 9).as("longest wait / first");
  limits.memory = limits.wait_max + Duration(*rc::gen::inRange(0, 40).as("memory beyond"));
  limits.failures = {*rc::gen::inRange<std::uint32_t>(1, 12).as("burst"),
                     Duration(*rc::gen::inRange(1, 20).as("period"))};
  LoginThrottle throttle(limits);
  Instant now = at(1000);
  const auto steps = *rc::gen::inRange(0, 60).as("steps");
  for (int step = 0; step < steps; ++step) {
    const int user = *rc::gen::inRange(0, 2).as("user");
    const int address = *rc::gen::inRange(0, 2).as("address");
    const bool right = *rc::gen::weightedElement<bool>({{5, false}, {1, true}}).as("right");
    now += Duration(
        *rc::gen::weightedOneOf<int>({{4, rc::gen::inRange(0, 4)}, {1, rc::gen::inRange(0, 120)}})
             .as("pause"));
    const Duration wait = throttle.begin(std::to_string(user), std::to_string(address), now);
    RC_ASSERT(wait == oracle.wait(user, address, now));
    if (wait > kNow) continue;
    oracle.failed.push_back({now, user, address});
    if (!right) continue;
    throttle.succeeded(std::to_string(user), std::to_string(address));
    // Failures before it still count for the address: they are those of nobody in particular.
    oracle.failed.pop_back();
    for (auto& each : oracle.failed) {
      if (each.user == user && each.address == address) each.user = -1;
    }
  }
}

RC_GTEST_PROP(RecentTable, ForgetsWhatWasUsedLeastRecently, ()) {
  const auto most = *rc::gen::inRange<std::size_t>(1, 6).as("entries");
  RecentTable<int, int> table(most);
  std::vector<std::pair<int, int>> oracle;  // the most recent last
  const auto steps = *rc::gen::inRange(0, 60).as("steps");
  for (int step = 0; step < steps; ++step) {
    const int key = *rc::gen::inRange(0, 9).as("key");
    const auto known = std::find_if(oracle.begin(), oracle.end(),
                                    [&](const auto& each) { return each.first == key; });
    const int* const found = table.find(key);
    RC_ASSERT((found != nullptr) == (known != oracle.end()));
    if (found != nullptr) RC_ASSERT(*found == known->second);
    if (*rc::gen::inRange(0, 4).as("action") == 0) {
      table.erase(key);
      if (known != oracle.end()) oracle.erase(known);
    } else {
      table.use(key) = step;
      if (known != oracle.end()) {
        oracle.erase(known);
      } else if (oracle.size() == most) {
        oracle.erase(oracle.begin());
      }
      oracle.emplace_back(key, step);
    }
    RC_ASSERT(table.size() == oracle.size());
  }
}

}  // namespace
}  // namespace shoal::bootstrap
