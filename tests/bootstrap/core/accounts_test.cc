// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/core/accounts.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/bootstrap/core/support.h"

namespace shoal::bootstrap {
namespace {

TokenHash token(unsigned number) {
  TokenHash hash;
  hash.bytes[0] = static_cast<std::uint8_t>(number);
  hash.bytes[1] = static_cast<std::uint8_t>(number >> 8);
  return hash;
}

const Place kHome{peer(1), "192.0.2.1", 7401};
const Place kElsewhere{peer(2), "192.0.2.2", 7401};

TEST(Accounts, TakesNamesThatCanBeReadAndTypedAgain) {
  for (const std::string good : {"a", "ana", "José Luis", "日本", "a.b-c_d@e"}) {
    EXPECT_TRUE(check_user_name(good)) << good;
  }
  EXPECT_TRUE(check_user_name(std::string(64, 'x')));
  for (const std::string& bad :
       {std::string(), std::string(65, 'x'), std::string(" ana"), std::string("ana "),
        std::string("a\nb"), std::string("a\0b", 3), std::string("\xff"),
        std::string("a\xe2\x80\xae b"), std::string("a\xe2\x80\x8b")}) {
    const auto checked = check_user_name(bad);
    ASSERT_FALSE(checked) << bad;
    EXPECT_EQ(checked.error().code, Errc::kInvalidArgument);
    EXPECT_NE(checked.error().what.find("\"name\""), std::string::npos);
  }
  EXPECT_EQ(key_of_name("AnA Ñ"), "ana Ñ");
}

TEST(Accounts, BoundsPasswords) {
  EXPECT_TRUE(check_password("1234"));
  EXPECT_TRUE(check_password(std::string(1024, 'x')));
  for (const auto& bad : {std::string("123"), std::string(1025, 'x')}) {
    ASSERT_FALSE(check_password(bad));
    EXPECT_NE(check_password(bad).error().what.find("\"password\""), std::string::npos);
  }
}

TEST(Accounts, GiveANameToTheFirstWhoRegistersIt) {
  std::optional<Account> account;
  Account ana;
  ana.name = "Ana";
  ASSERT_TRUE(register_user(account, ana));
  Account other;
  other.name = "ana";
  const auto second = register_user(account, other);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::kConflict);
  EXPECT_EQ(account->name, "Ana");
}

TEST(Accounts, ReplaceTheSessionOfAPeerThatCrashedAndRefuseAnotherPeer) {
  Account ana;
  ASSERT_TRUE(log_in(ana, token(1), kHome, at(0)));
  const auto other = log_in(ana, token(2), kElsewhere, at(1));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Errc::kConflict);
  EXPECT_NE(other.error().why.find("192.0.2.1:7401"), std::string::npos);
  EXPECT_EQ(ana.place, kHome);
  Place moved = kHome;  // the same peer came up with another port
  moved.port = 7402;
  ASSERT_TRUE(log_in(ana, token(3), moved, at(2)));
  EXPECT_EQ(state_of(ana, token(1), at(2)), TokenState::kOver);
  EXPECT_EQ(state_of(ana, token(3), at(2)), TokenState::kOpen);
  EXPECT_EQ(ana.place, moved);
  log_out(ana, token(1));  // late, and no concern of the new one
  EXPECT_EQ(state_of(ana, token(3), at(2)), TokenState::kOpen);
  log_out(ana, token(3));
  EXPECT_EQ(open_session(ana, at(2)), nullptr);
  EXPECT_TRUE(log_in(ana, token(4), kElsewhere, at(3)));
}

TEST(Accounts, GoByTheAddressWhereAPeerDoesNotSayWhoItIs) {
  const Place curl{std::nullopt, "192.0.2.1", 0};
  EXPECT_TRUE(same_place(curl, curl));
  EXPECT_FALSE(same_place(curl, kHome));
  EXPECT_TRUE(same_place({std::nullopt, "192.0.2.1", 7401}, kHome));
  EXPECT_FALSE(same_place({std::nullopt, "192.0.2.9", 7401}, kHome));
  EXPECT_FALSE(same_place({peer(2), "192.0.2.1", 7401}, kHome));
}

TEST(Accounts, EndSessionsAnHourAfterTheirLastUseAndADayAfterTheirFirst) {
  Account ana;
  ASSERT_TRUE(log_in(ana, token(1), kHome, at(0)));
  EXPECT_EQ(state_of(ana, token(1), at(3599)), TokenState::kOpen);
  EXPECT_EQ(state_of(ana, token(1), at(3600)), TokenState::kOver);
  EXPECT_FALSE(slide(ana, token(1), at(59)));  // not worth a write
  for (int second = 60; second < 24 * 3600; second += 1800) {
    ASSERT_EQ(state_of(ana, token(1), at(second)), TokenState::kOpen) << second;
    EXPECT_TRUE(slide(ana, token(1), at(second)));
  }
  EXPECT_EQ(state_of(ana, token(1), at(24 * 3600 - 1)), TokenState::kOpen);
  EXPECT_EQ(state_of(ana, token(1), at(24 * 3600)), TokenState::kOver);
  EXPECT_TRUE(log_in(ana, token(2), kElsewhere, at(24 * 3600)));
}

TEST(Accounts, TakeEachSignedStatementOnceAndOnlyWhileItIsFresh) {
  Account ana;
  const auto micro = [](std::int64_t seconds) {
    return static_cast<std::uint64_t>(seconds) * 1'000'000;
  };
  ASSERT_TRUE(take_stamp(ana, micro(1000), at(1000)));
  for (const auto& [stamp, now] : std::vector<std::pair<std::uint64_t, std::int64_t>>{
           {micro(1000), 1000},  // used
           {micro(999), 1000},   // before one that was used
           {micro(1061), 1000},  // ahead of the clock
           {micro(1001), 1062},  // old
           {UINT64_MAX, 1000},
       }) {
    const auto taken = take_stamp(ana, stamp, at(now));
    ASSERT_FALSE(taken) << stamp << " at " << now;
    EXPECT_EQ(taken.error().code, Errc::kUnauthenticated);
    EXPECT_EQ(ana.stamp, micro(1000));
  }
  EXPECT_TRUE(take_stamp(ana, micro(1060), at(1000)));
  EXPECT_TRUE(take_stamp(ana, micro(1061), at(1121)));
}

// Remembers every login, and finds out what holds by looking through all of them.
class Model {
 public:
  bool log_in(unsigned number, const Place& place, std::int64_t now) {
    for (const auto& login : logins_) {
      if (open(login, now) && !same_place(login.place, place)) return false;
    }
    for (auto& login : logins_) login.ended = std::min(login.ended, now);
    logins_.push_back({number, place, {now}, INT64_MAX});
    return true;
  }
  void log_out(unsigned number, std::int64_t now) {
    if (Login* const login = find(number)) login->ended = std::min(login->ended, now);
  }
  void use(unsigned number, std::int64_t now) {
    Login* const login = find(number);
    if (now - login->uses.back() >= 60) login->uses.push_back(now);
  }
  [[nodiscard]] TokenState state(unsigned number, std::int64_t now) {
    const Login* const login = find(number);
    if (login == nullptr) return TokenState::kUnknown;
    return open(*login, now) ? TokenState::kOpen : TokenState::kOver;
  }

 private:
  struct Login {
    unsigned number;
    Place place;
    std::vector<std::int64_t> uses;  // the first: the login
    std::int64_t ended;
  };
  static bool open(const Login& login, std::int64_t now) {
    return login.ended > now && now < login.uses.front() + 24 * 3600 &&
           now < login.uses.back() + 3600;
  }
  // Of the last eight.
  Login* find(unsigned number) {
    for (std::size_t back = 1; back <= 8 && back <= logins_.size(); ++back) {
      Login& login = logins_[logins_.size() - back];
      if (login.number == number) return &login;
    }
    return nullptr;
  }
  std::vector<Login> logins_;
};

RC_GTEST_PROP(Accounts, AgreeWithAModelThatRemembersEveryLogin, ()) {
  const std::vector<Place> places{
      kHome, kElsewhere, {std::nullopt, "192.0.2.1", 7401}, {std::nullopt, "192.0.2.9", 0}};
  Account account;
  Model model;
  std::int64_t now = 1000;
  unsigned tokens = 0;
  const auto steps = *rc::gen::inRange(0, 60).as("steps");
  for (int step = 0; step < steps; ++step) {
    now += *rc::gen::weightedOneOf<std::int64_t>({{4, rc::gen::inRange<std::int64_t>(0, 100)},
                                                  {2, rc::gen::inRange<std::int64_t>(0, 4000)},
                                                  {1, rc::gen::inRange<std::int64_t>(0, 90'000)}})
                .as("pause");
    const auto action = *rc::gen::inRange(0, 4).as("action");
    // One of the last ten; the oldest of them are forgotten.
    const auto back = *rc::gen::inRange(0U, 10U).as("back");
    const unsigned number = back < tokens ? tokens - back : 9999;
    if (action < 2) {
      const Place place = *rc::gen::elementOf(places).as("place");
      const bool let = log_in(account, token(++tokens), place, at(now)).has_value();
      RC_ASSERT(let == model.log_in(tokens, place, now));
      if (let) RC_ASSERT((account.place == place));
    } else if (action == 2) {
      log_out(account, token(number));
      model.log_out(number, now);
    } else if (model.state(number, now) == TokenState::kOpen) {
      slide(account, token(number), at(now));
      model.use(number, now);
    }
    int open = 0;
    for (unsigned each = 1; each <= tokens; ++each) {
      const auto state = state_of(account, token(each), at(now));
      RC_ASSERT(state == model.state(each, now));
      open += state == TokenState::kOpen ? 1 : 0;
    }
    RC_ASSERT(open <= 1);
    RC_ASSERT((open_session(account, at(now)) != nullptr) == (open == 1));
    RC_ASSERT(account.sessions.size() <= limits::kSessionsKept);
  }
}

}  // namespace
}  // namespace shoal::bootstrap
