// SPDX-License-Identifier: Apache-2.0
#include "broker/lookup.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace shoal::broker {
namespace {

using namespace std::chrono_literals;

TEST(BrokerLookup, TakesNumbersAsTheyAre) {
  const auto never = [] { return false; };
  EXPECT_EQ(look_up("127.0.0.1", 0ms, never).value(), std::vector<std::string>{"127.0.0.1"});
  EXPECT_EQ(look_up("::1", 0ms, never).value(), std::vector<std::string>{"::1"});
}

TEST(BrokerLookup, FindsAllAddressesOfAName) {
  const auto found = look_up("localhost", 30s, [] { return true; });
  ASSERT_TRUE(found) << found.error().why;
  EXPECT_TRUE(std::ranges::find(*found, "127.0.0.1") != found->end() ||
              std::ranges::find(*found, "::1") != found->end());
}

TEST(BrokerLookup, EndsWhenItIsToldTo) {
  int asked = 0;
  const auto found = look_up("no-such-host.invalid", 1h, [&] { return ++asked < 1; });
  EXPECT_EQ(found.error().code, Errc::kUnreachable);
}

TEST(BrokerLookup, EndsWithItsTime) {
  const auto found = look_up("no-such-host.invalid", -1ms, [] { return true; });
  EXPECT_EQ(found.error().code, Errc::kUnreachable);
}

}  // namespace
}  // namespace shoal::broker
