// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/guest_desk.h"

#include <gtest/gtest.h>

#include "tests/support/temp_folder.h"

namespace shoal::daemon {
namespace {

constexpr std::int64_t kNow = 1'000'000;

ContentId content(std::uint8_t number, std::uint64_t length = 1000) {
  ContentId id;
  id.root.bytes[0] = number;
  id.length = length;
  return id;
}

class Guests : public testing::Test {
 protected:
  void SetUp() override { open(); }
  void open() {
    desk_.reset();
    store_.reset();
    store_ = std::move(*StateStore::open(folder_ / "state.db"));
    desk_ = std::move(*GuestDesk::open(*store_));
  }
  Result<std::uint64_t> begin(std::int64_t token, const ContentId& what, std::uint64_t transfer,
                              std::int64_t now = kNow) {
    return desk_->begin(token, what, now, [&]() -> Result<std::uint64_t> {
      ++started_;
      return transfer;
    });
  }
  const tests::TempFolder folder_;
  std::unique_ptr<StateStore> store_;
  std::unique_ptr<GuestDesk> desk_;
  std::size_t started_ = 0;
};

TEST_F(Guests, HaveWhatTheyBeganAndNothingElseOverRestartsToo) {
  ASSERT_TRUE(begin(1, content(1), 11));
  ASSERT_TRUE(begin(2, content(2), 12));
  for (const bool again : {false, true}) {
    if (again) open();
    EXPECT_TRUE(desk_->began(1, 11));
    EXPECT_TRUE(desk_->wanted(1, content(1)));
    EXPECT_FALSE(desk_->began(1, 12));
    EXPECT_FALSE(desk_->wanted(1, content(2)));
    EXPECT_FALSE(desk_->wanted(1, content(1, 999))) << "the root alone is no name";
    EXPECT_FALSE(desk_->began(3, 11));
  }
}

TEST_F(Guests, DoNotBecomeOwnersOfWhatAnotherBegan) {
  ASSERT_TRUE(begin(1, content(1), 11));
  ASSERT_TRUE(begin(2, content(1), 11));
  EXPECT_TRUE(desk_->began(1, 11));
  EXPECT_FALSE(desk_->began(2, 11));
}

TEST_F(Guests, OwnNothingThatDidNotStart) {
  const auto failed = desk_->begin(1, content(1), kNow, []() -> Result<std::uint64_t> {
    return fail(Errc::kNoSpace, "no room");
  });
  EXPECT_EQ(failed.error().code, Errc::kNoSpace);
  EXPECT_FALSE(desk_->wanted(1, content(1)));
}

TEST_F(Guests, BeginSoManyBytesInADay) {
  const std::uint64_t half = limits::kTokenDownloadBytes / 2;
  ASSERT_TRUE(begin(1, content(1, half), 11));
  ASSERT_TRUE(begin(1, content(2, half), 12));
  open();
  started_ = 0;
  EXPECT_EQ(begin(1, content(3, 1), 13).error().code, Errc::kOverloaded);
  EXPECT_EQ(started_, 0U) << "it was refused after it had begun";
  EXPECT_TRUE(begin(1, content(2, half), 12)) << "his own, joined";
  EXPECT_TRUE(begin(2, content(3, 1), 13)) << "another's allowance";
  EXPECT_TRUE(begin(1, content(4, half), 14, kNow + limits::kTokenWindow.count()));
}

TEST_F(Guests, DoNotFetchTheSameAgainAndAgain) {
  const std::uint64_t half = limits::kTokenDownloadBytes / 2;
  std::uint64_t transfer = 10;
  while (begin(1, content(1, half), transfer) && transfer < 100) ++transfer;
  EXPECT_EQ(transfer, 13U);
}

TEST_F(Guests, BeginSoManyInADayAndForgetTheOldest) {
  for (std::uint64_t at = 0; at < limits::kTokenDownloads; ++at) {
    ASSERT_TRUE(begin(1, content(static_cast<std::uint8_t>(at), at), 100 + at));
  }
  EXPECT_EQ(begin(1, content(1, 70'000), 900).error().code, Errc::kOverloaded);
  const std::int64_t tomorrow = kNow + limits::kTokenWindow.count();
  EXPECT_TRUE(begin(1, content(1, 70'000), 900, tomorrow));
  for (const bool again : {false, true}) {
    if (again) open();
    EXPECT_FALSE(desk_->began(1, 100));
    EXPECT_TRUE(desk_->began(1, 101));
    EXPECT_TRUE(desk_->began(1, 900));
  }
}

}  // namespace
}  // namespace shoal::daemon
