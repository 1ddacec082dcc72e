// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/search/turns.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace shoal::daemon {
namespace {

class TurnsTest : public testing::Test {
 protected:
  bool take() { return take(std::to_string(taken_ + 1)); }
  bool take(const std::string& what) {
    return turns_->take(what, [this, number = ++taken_](Turns::Done done) {
      began_.push_back(number);
      done_.push_back(std::move(done));
    });
  }
  std::shared_ptr<Turns> turns_ = std::make_shared<Turns>(2, 3);
  std::vector<int> began_;  ///< in this order
  std::vector<Turns::Done> done_;
  int taken_ = 0;
};

TEST_F(TurnsTest, AreTakenByAFewAtOnceInTheOrderOfTheirComing) {
  for (int at = 0; at < 4; ++at) EXPECT_TRUE(take());
  EXPECT_EQ(began_, (std::vector{1, 2}));
  done_[1]();
  EXPECT_EQ(began_, (std::vector{1, 2, 3}));
  done_[0]();
  EXPECT_EQ(began_, (std::vector{1, 2, 3, 4}));
  done_[2]();
  done_[3]();
  EXPECT_TRUE(take());
  EXPECT_EQ(began_.size(), 5U);
}

TEST_F(TurnsTest, AreRefusedWhereTooManyWait) {
  for (int at = 0; at < 5; ++at) EXPECT_TRUE(take());
  EXPECT_FALSE(take());
  done_[0]();
  EXPECT_TRUE(take());
}

TEST_F(TurnsTest, AreRefusedWhereTheSameWaitsAlready) {
  for (int at = 0; at < 2; ++at) EXPECT_TRUE(take("a"));
  EXPECT_TRUE(take("a")) << "those that go on may have missed what is new";
  EXPECT_FALSE(take("a"));
  EXPECT_TRUE(take("b"));
  done_[0]();
  EXPECT_TRUE(take("a"));
}

TEST_F(TurnsTest, AreTakenByNobodyOnceTheyAreClosed) {
  for (int at = 0; at < 3; ++at) EXPECT_TRUE(take());
  turns_->close();
  done_[0]();
  EXPECT_FALSE(take());
  EXPECT_EQ(began_, (std::vector{1, 2}));
  turns_.reset();
  done_[1]();  // whoever goes on longest
}

}  // namespace
}  // namespace shoal::daemon
