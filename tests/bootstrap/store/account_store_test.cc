// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/store/account_store.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "tests/bootstrap/core/support.h"
#include "tests/bootstrap/store/store_kinds.h"

namespace shoal::bootstrap {
namespace {

TokenHash token(std::uint64_t number) {
  TokenHash hash;
  for (std::size_t i = 0; i < 8; ++i) {
    hash.bytes.at(i) = static_cast<std::uint8_t>(number >> (8 * i));
  }
  return hash;
}

class AnyAccountStore : public AnyStore {
 protected:
  AccountStore& accounts() { return store().accounts(); }
  std::optional<Account> find(const std::string& name) {
    auto account = accounts().find(name);
    EXPECT_TRUE(account) << account.error().why;
    return account.value_or(std::nullopt);
  }
  std::optional<Account> holder(const TokenHash& token) {
    auto account = accounts().holder(token);
    EXPECT_TRUE(account) << account.error().why;
    return account.value_or(std::nullopt);
  }
  /// As it shall be, whatever it was.
  Result<void> set(const Account& account) {
    return accounts().change(account.name, [&](std::optional<Account>& now) -> Result<void> {
      now = account;
      return {};
    });
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, AnyAccountStore, testing::Values("Sqlite", "Postgres"), kind_name);

// Everything that there is, and bytes of every kind.
Account full_account(const std::string& name) {
  Account account;
  account.name = name;
  account.password = "$argon2id$v=19$m=65536,t=2,p=1$salt$hash";
  account.key = std::string("\0key\xff\0", 6);
  account.stamp = (std::uint64_t{1} << 53) - 1;
  account.place = {peer(3), "2001:db8::1", 65535};
  account.registered = Instant(Duration(1'700'000'000'123'456));
  account.sessions = {{token(1), {std::nullopt, "192.0.2.1", 0}, at(1), at(2), true},
                      {token(2), {peer(3), "2001:db8::1", 65535}, at(3), at(4), false}};
  return account;
}

TEST_P(AnyAccountStore, KeepsAllOfAnAccountOverARestart) {
  const Account ana = full_account("josé 日本");
  ASSERT_TRUE(set(ana));
  reopen();
  EXPECT_EQ(find(ana.name), ana);
  EXPECT_EQ(holder(token(1)), ana);
  EXPECT_EQ(holder(token(2)), ana);
  EXPECT_EQ(holder(token(3)), std::nullopt);
  EXPECT_EQ(find("nobody"), std::nullopt);
  EXPECT_EQ(accounts().count(), std::size_t{1});
}

TEST_P(AnyAccountStore, ChangesNothingWhenTheRuleSaysNo) {
  const Account ana = full_account("ana");
  ASSERT_TRUE(set(ana));
  for (const std::string name : {"ana", "luis"}) {
    const auto refused =
        accounts().change(name, [&](std::optional<Account>& account) -> Result<void> {
          EXPECT_EQ(account.has_value(), name == "ana");
          account = full_account("changed");
          return fail(Errc::kDenied, "no");
        });
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::kDenied);
  }
  EXPECT_EQ(find("ana"), ana);
  EXPECT_EQ(accounts().count(), std::size_t{1});
}

TEST_P(AnyAccountStore, LetsRulesOfManyThreadsDecideOneAfterTheOther) {
  constexpr int kThreads = 4;
  constexpr int kTimes = 25;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < kTimes; ++n) {
        EXPECT_TRUE(accounts().change("ana", [](std::optional<Account>& account) -> Result<void> {
          if (!account) account.emplace().name = "ana";
          ++account->stamp;
          return {};
        }));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(find("ana")->stamp, std::uint64_t{kThreads * kTimes});
}

TEST_P(AnyAccountStore, ForgetsSessionsThatBeganLongAgo) {
  ASSERT_TRUE(set(full_account("ana")));
  ASSERT_TRUE(accounts().purge_sessions(at(3)));
  EXPECT_EQ(holder(token(1)), std::nullopt);
  EXPECT_EQ(holder(token(2))->sessions.size(), 1U);
}

TEST_P(AnyAccountStore, HoldsWhatAMapWouldHold) {
  std::uint64_t round = 0;
  EXPECT_TRUE(rc::check([&] {
    const std::string prefix = std::to_string(++round) + " ";
    std::map<std::string, Account> model;
    std::uint64_t tokens = round << 20;
    const auto steps = *rc::gen::inRange(0, 7).as("steps");
    for (int step = 0; step < steps; ++step) {
      const std::string name = prefix + std::to_string(*rc::gen::inRange(0, 2).as("who"));
      const auto action = *rc::gen::inRange(0, 3).as("action");
      const bool refuse = *rc::gen::weightedElement<bool>({{4, false}, {1, true}}).as("refuse");
      Account next = model.contains(name) ? model[name] : Account{};
      next.name = name;
      next.registered = at(5);
      if (action == 0) {
        next.stamp = *rc::gen::inRange<std::uint64_t>(0, 1000).as("stamp");
      } else if (action == 1) {
        next.sessions.push_back({token(++tokens), {peer(1), "a", 1}, at(1), at(1), false});
        if (next.sessions.size() > 2) next.sessions.erase(next.sessions.begin());
      } else if (!next.sessions.empty()) {
        next.sessions.back().closed = true;
      }
      const auto done = accounts().change(name, [&](auto& account) -> Result<void> {
        RC_ASSERT(account.has_value() == model.contains(name));
        if (account) RC_ASSERT((*account == model[name]));
        account = next;
        return refuse ? Result<void>(fail(Errc::kDenied, "no")) : Result<void>();
      });
      RC_ASSERT(done.has_value() != refuse);
      if (!refuse) model[name] = next;
    }
    for (const auto& [name, account] : model) {
      RC_ASSERT((find(name) == account));
      for (const auto& session : account.sessions) {
        RC_ASSERT((holder(session.token) == account));
      }
    }
  }));
}

}  // namespace
}  // namespace shoal::bootstrap
