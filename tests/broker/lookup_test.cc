// SPDX-License-Identifier: Apache-2.0
#include "broker/lookup.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>

namespace shoal::broker {
namespace {

using namespace std::chrono_literals;

// A resolver that hangs until it is let go.
class Hanging {
 public:
  Lookup::Resolver resolver() {
    return [calls = calls_, gate = gate_](const std::string&) -> Lookup::Addresses {
      ++*calls;
      gate.wait();
      return std::vector<std::string>{"192.0.2.7"};
    };
  }
  [[nodiscard]] int calls() const { return *calls_; }
  void let_go() { open_.set_value(); }

 private:
  std::promise<void> open_;
  std::shared_future<void> gate_ = open_.get_future().share();
  std::shared_ptr<std::atomic<int>> calls_ = std::make_shared<std::atomic<int>>(0);
};

TEST(BrokerLookup, TakesNumbersAsTheyAre) {
  const auto never = [] { return false; };
  EXPECT_EQ(Lookup("127.0.0.1").find(0ms, never).value(), std::vector<std::string>{"127.0.0.1"});
  EXPECT_EQ(Lookup("::1").find(0ms, never).value(), std::vector<std::string>{"::1"});
}

TEST(BrokerLookup, FindsAllAddressesOfAName) {
  const auto found = Lookup("localhost").find(30s, [] { return true; });
  ASSERT_TRUE(found) << found.error().why;
  EXPECT_TRUE(std::ranges::find(*found, "127.0.0.1") != found->end() ||
              std::ranges::find(*found, "::1") != found->end());
}

TEST(BrokerLookup, EndsWhenItIsToldTo) {
  Hanging hanging;
  const auto found = Lookup("a.test", hanging.resolver()).find(1h, [] { return false; });
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Errc::kUnreachable);
  EXPECT_EQ(found.error().why, "it is not waited for any longer");
  hanging.let_go();
}

TEST(BrokerLookup, EndsWithItsTime) {
  Hanging hanging;
  const auto found = Lookup("a.test", hanging.resolver()).find(-1ms, [] { return true; });
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Errc::kUnreachable);
  EXPECT_EQ(found.error().why, "its name was not found in time");
  hanging.let_go();
}

TEST(BrokerLookup, WaitsAgainForAResolverThatHangsAndAsksItOnce) {
  Hanging hanging;
  Lookup lookup("a.test", hanging.resolver());
  for (int at = 0; at < 20; ++at) EXPECT_FALSE(lookup.find(-1ms, [] { return true; }));
  hanging.let_go();
  const auto found = lookup.find(1h, [] { return true; });
  ASSERT_TRUE(found) << found.error().why;
  EXPECT_EQ(*found, std::vector<std::string>{"192.0.2.7"});
  EXPECT_EQ(hanging.calls(), 1);
  EXPECT_TRUE(lookup.find(1h, [] { return true; }));
  EXPECT_EQ(hanging.calls(), 2) << "an old answer was kept";
}

TEST(BrokerLookup, SaysWhatTheResolverSaid) {
  const auto found = Lookup("a.test", [](const std::string&) -> Lookup::Addresses {
                       return fail(Errc::kUnreachable, "no address", "no such name");
                     }).find(1h, [] { return true; });
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().why, "no such name");
}

}  // namespace
}  // namespace shoal::broker
