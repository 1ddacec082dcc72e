// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/guests/token_desk.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/cli/daemon/with_store.h"

namespace shoal::daemon {
namespace {

class Tokens : public WithStore<TokenDesk> {
 protected:
  void SetUp() override { open(); }
};

TEST_F(Tokens, OpenUntilTheyAreRevokedAndOverRestarts) {
  const auto phone = desk_->make("phone", 1000);
  const auto script = desk_->make("a script of mine", 2000);
  ASSERT_TRUE(phone);
  ASSERT_TRUE(script);
  EXPECT_NE(phone->secret, script->secret);
  open();
  EXPECT_TRUE(desk_->knows(phone->secret));
  EXPECT_FALSE(desk_->knows(phone->secret.substr(1)));
  EXPECT_FALSE(desk_->knows(""));
  ASSERT_EQ(desk_->list().size(), 2U);
  EXPECT_EQ(desk_->list()[1].name, "a script of mine");
  EXPECT_EQ(desk_->list()[1].made_unix, 2000);
  ASSERT_TRUE(desk_->revoke("phone"));
  EXPECT_FALSE(desk_->knows(phone->secret));
  open();
  EXPECT_FALSE(desk_->knows(phone->secret));
  EXPECT_TRUE(desk_->knows(script->secret));
  EXPECT_TRUE(desk_->revoke(std::to_string(script->token.number)));
  const auto gone = desk_->revoke("phone");
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, Errc::kNotFound);
}

TEST_F(Tokens, AreBoundedAndEachHasANameOfItsOwn) {
  std::set<std::int64_t> numbers;
  for (std::size_t at = 0; at < limits::kTokensMax; ++at) {
    const auto made = desk_->make("t" + std::to_string(at), 1);
    ASSERT_TRUE(made) << made.error().why;
    numbers.insert(made->token.number);
  }
  EXPECT_EQ(numbers.size(), limits::kTokensMax);
  EXPECT_EQ(desk_->make("one more", 1).error().code, Errc::kOverloaded);
  ASSERT_TRUE(desk_->revoke("t0"));
  EXPECT_EQ(desk_->make("t1", 1).error().code, Errc::kConflict);
  const auto made = desk_->make("one more", 1);
  ASSERT_TRUE(made);
  EXPECT_FALSE(numbers.contains(made->token.number)) << "a number was used again";
  for (const std::string& bad : {std::string(), std::string(65, 'a'), std::string("a\nb")}) {
    const auto refused = desk_->make(bad, 1);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::kInvalidArgument);
  }
}

}  // namespace
}  // namespace shoal::daemon
