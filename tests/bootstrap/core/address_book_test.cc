// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/core/address_book.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/bootstrap/core/support.h"

namespace shoal::bootstrap {
namespace {

TEST(AddressBook, LetsFortyPeersOfOneAddressJoinWithinAMinute) {
  AddressBook book;
  for (int i = 0; i < 40; ++i) {
    EXPECT_TRUE(book.admit("classroom", at(i)));
    EXPECT_TRUE(book.join("classroom", at(i))) << i;
  }
}

TEST(AddressBook, StopsAnAddressThatJoinsWithoutEndAndNobodyElse) {
  AddressBook book;
  int joined = 0;
  while (book.join("flood", at(0))) ++joined;
  EXPECT_EQ(joined, static_cast<int>(limits::kJoinsBurst));
  EXPECT_TRUE(book.join("other", at(0)));
  EXPECT_TRUE(book.join("flood", at(1)));
  EXPECT_FALSE(book.join("flood", at(1)));
}

TEST(AddressBook, BoundsLeasesOfOneAddress) {
  AddressLimits few;
  few.leases_max = 3;
  AddressBook book(few);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(book.join("a", at(0)));
  EXPECT_EQ(book.join("a", at(100)).error().code, Errc::kOverloaded);
  book.release("a");
  EXPECT_TRUE(book.join("a", at(100)));
}

TEST(AddressBook, ForgetsIdleAddressesBeforeItRefusesNewOnes) {
  AddressLimits few;
  few.addresses_max = 2;
  AddressBook book(few);
  EXPECT_TRUE(book.join("holds", at(0)));
  EXPECT_TRUE(book.admit("asked", at(0)));
  EXPECT_EQ(book.admit("third", at(0)).error().code, Errc::kOverloaded);
  EXPECT_TRUE(book.admit("third", at(60)));  // "asked" is idle by now
  EXPECT_EQ(book.size(), 2U);
}

RC_GTEST_PROP(Bucket, NeverGivesMoreThanItsBurstAndRate, ()) {
  const auto burst = *rc::gen::inRange<std::uint32_t>(1, 20).as("burst");
  const auto rate = *rc::gen::inRange<std::uint32_t>(1, 20).as("rate");
  const auto waits =
      *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 300'000)).as("waits");
  Instant now = at(5);
  Bucket bucket(burst, rate, now);
  std::int64_t given = 0;
  for (const int wait : waits) {
    now += Duration(wait);
    given += bucket.take(now) ? 1 : 0;
    const auto passed = (now - at(5)).count();
    RC_ASSERT(given <= burst + passed * rate / 1'000'000);
  }
  now += std::chrono::hours(1'000'000);
  RC_ASSERT(bucket.full(now));
}

}  // namespace
}  // namespace shoal::bootstrap
