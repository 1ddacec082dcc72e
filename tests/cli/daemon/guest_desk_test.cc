// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/guests/guest_desk.h"

#include <gtest/gtest.h>

#include "cli/daemon/guests/asker.h"
#include "tests/cli/daemon/with_store.h"

namespace shoal::daemon {
namespace {

constexpr std::int64_t kNow = 1'000'000;

ContentId content(std::uint8_t number, std::uint64_t length = 1000) {
  ContentId id;
  id.root.bytes[0] = number;
  id.length = length;
  return id;
}

class Guests : public WithStore<GuestDesk> {
 protected:
  void SetUp() override { restart(); }
  void restart() { open(std::vector<std::int64_t>{1, 2, 3}); }
  // As a desk of downloads does, which gives him that number.
  Result<std::uint64_t> begin(std::int64_t token, const ContentId& what, std::uint64_t transfer,
                              std::int64_t now = kNow) {
    return desk_->begin(token, what, now,
                        [&](const GuestDesk::MayBegin& may_begin) -> Result<std::uint64_t> {
                          if (auto may = may_begin(); !may) return tl::unexpected(may.error());
                          return transfer;
                        });
  }
  Result<std::uint64_t> join(std::int64_t token, const ContentId& what, std::uint64_t transfer) {
    return desk_->begin(token, what, kNow, [&](const auto&) { return transfer; });
  }
  bool began(std::int64_t token, std::uint64_t transfer, std::uint8_t number) const {
    return desk_->began(token, transfer, content(number));
  }
};

TEST_F(Guests, HaveWhatTheyBeganAndNothingElseOverRestartsToo) {
  ASSERT_TRUE(begin(1, content(1), 11));
  ASSERT_TRUE(begin(2, content(2), 12));
  for (const bool again : {false, true}) {
    if (again) restart();
    EXPECT_TRUE(began(1, 11, 1));
    EXPECT_TRUE(desk_->wanted(1, content(1)));
    EXPECT_FALSE(began(1, 12, 2));
    EXPECT_FALSE(desk_->wanted(1, content(2)));
    EXPECT_FALSE(desk_->wanted(1, content(1, 999))) << "the root alone is no name";
    EXPECT_FALSE(began(3, 11, 1));
  }
}

TEST_F(Guests, DoNotHaveAnotherDownloadThatGotTheNumberOfTheirs) {
  ASSERT_TRUE(begin(1, content(1), 11));
  for (const bool again : {false, true}) {
    if (again) restart();
    EXPECT_FALSE(began(1, 11, 2)) << "the owner's next download";
  }
  ASSERT_TRUE(begin(2, content(3), 11));
  for (const bool again : {false, true}) {
    if (again) restart();
    EXPECT_TRUE(began(2, 11, 3));
    EXPECT_FALSE(began(1, 11, 1));
  }
}

TEST_F(Guests, HaveNothingOnceTheirTokenIsRevoked) {
  ASSERT_TRUE(begin(1, content(1), 11));
  ASSERT_TRUE(begin(2, content(2), 12));
  ASSERT_TRUE(begin(3, content(3), 13));
  desk_->forget(1);
  EXPECT_FALSE(began(1, 11, 1));
  EXPECT_TRUE(began(2, 12, 2));
  EXPECT_EQ(store_->texts("guest ")->size(), 2U);
  open(std::vector<std::int64_t>{3});
  EXPECT_FALSE(began(2, 12, 2)) << "revoked just before the process was killed";
  EXPECT_TRUE(began(3, 13, 3));
  EXPECT_EQ(store_->texts("guest ")->size(), 1U);
}

TEST_F(Guests, OwnNothingThatDidNotStart) {
  const auto failed = desk_->begin(1, content(1), kNow, [](const auto&) -> Result<std::uint64_t> {
    return fail(Errc::kNoSpace, "no room");
  });
  EXPECT_EQ(failed.error().code, Errc::kNoSpace);
  EXPECT_FALSE(desk_->wanted(1, content(1)));
}

TEST_F(Guests, WhoseTokenWasRevokedMeanwhileBeginNothing) {
  const auto begun = Asker(*desk_, std::nullopt).begin(content(1), kNow, [](const auto&) {
    ADD_FAILURE() << "it began";
    return Result<std::uint64_t>(1);
  });
  EXPECT_EQ(begun.error().code, Errc::kDenied);
}

TEST_F(Guests, BeginSoManyBytesInADay) {
  const std::uint64_t half = limits::kTokenDownloadBytes / 2;
  ASSERT_TRUE(begin(1, content(1, half), 11));
  ASSERT_TRUE(begin(1, content(2, half), 12));
  restart();
  EXPECT_EQ(begin(1, content(3, 1), 13).error().code, Errc::kOverloaded);
  EXPECT_FALSE(desk_->wanted(1, content(3, 1)));
  EXPECT_TRUE(join(1, content(2, half), 12)) << "his own, joined";
  EXPECT_TRUE(begin(2, content(3, 1), 13)) << "another's allowance";
  EXPECT_TRUE(begin(1, content(4, half), 14, kNow + limits::kTokenWindow.count()));
}

TEST_F(Guests, BeginTheSameSoOftenInADayAndNoOftener) {
  std::uint64_t transfer = 1;
  while (transfer <= 300 && begin(1, content(1, 10), transfer)) ++transfer;
  EXPECT_EQ(transfer - 1, limits::kTokenDownloads);
  const std::uint64_t half = limits::kTokenDownloadBytes / 2;
  EXPECT_TRUE(begin(2, content(1, half), 901));
  EXPECT_TRUE(begin(2, content(1, half), 902));
  EXPECT_EQ(begin(2, content(1, half), 903).error().code, Errc::kOverloaded);
}

TEST_F(Guests, BeginSoManyInADayAndForgetTheOldest) {
  for (std::uint64_t at = 0; at < limits::kTokenDownloads; ++at) {
    // The numbers fall, as they may after a crash.
    ASSERT_TRUE(begin(1, content(static_cast<std::uint8_t>(at), at), 800 - at,
                      kNow + static_cast<std::int64_t>(at)));
  }
  EXPECT_EQ(begin(1, content(1, 70'000), 900, kNow + 300).error().code, Errc::kOverloaded);
  const std::int64_t tomorrow = kNow + limits::kTokenWindow.count();
  EXPECT_TRUE(begin(1, content(1, 70'000), 900, tomorrow));
  EXPECT_EQ(begin(1, content(1, 80'000), 901, tomorrow).error().code, Errc::kOverloaded);
  for (const bool again : {false, true}) {
    if (again) restart();
    EXPECT_FALSE(desk_->began(1, 800, content(0, 0)));
    EXPECT_TRUE(desk_->began(1, 799, content(1, 1)));
    EXPECT_TRUE(desk_->began(1, 900, content(1, 70'000)));
  }
}

TEST_F(Guests, AreNotLockedOutByAClockThatWasAhead) {
  const std::int64_t year = 365 * limits::kTokenWindow.count();
  ASSERT_TRUE(begin(1, content(1, limits::kTokenDownloadBytes), 11, kNow + year));
  restart();
  EXPECT_EQ(begin(1, content(2), 12, kNow).error().code, Errc::kOverloaded);
  restart();
  EXPECT_TRUE(begin(1, content(2), 12, kNow + limits::kTokenWindow.count()));
}

}  // namespace
}  // namespace shoal::daemon
