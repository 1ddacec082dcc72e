// SPDX-License-Identifier: Apache-2.0
#include "proto/http/admission.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <vector>

namespace shoal::http {
namespace {

TEST(AddressKey, IsTheFirst64BitsOfIPv6AndAllOfIPv4) {
  EXPECT_EQ(address_key("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(address_key("::ffff:192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(address_key("2001:db8:1:2::1"), address_key("2001:db8:1:2:ffff::9"));
  EXPECT_NE(address_key("2001:db8:1:2::1"), address_key("2001:db8:1:3::1"));
  EXPECT_EQ(address_key("fe80::1%eth0"), address_key("fe80::2"));
  EXPECT_EQ(address_key("unix"), "unix");
}

TEST(Admission, KeepsTheLastQuarterForAddressesWithoutAConnection) {
  Admission admission({8, 5});
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(admission.enter("a", false));
  EXPECT_FALSE(admission.enter("a", false));  // its own limit
  EXPECT_TRUE(admission.enter("b", false));   // the sixth of eight
  EXPECT_FALSE(admission.enter("b", false));  // crowded, and b is in
  EXPECT_TRUE(admission.enter("c", false));
  EXPECT_TRUE(admission.enter("local", true));
  EXPECT_FALSE(admission.enter("local", true));  // full for all
  EXPECT_FALSE(admission.enter("d", false));
  admission.leave("a");
  EXPECT_TRUE(admission.enter("d", false));
}

RC_GTEST_PROP(Admission, NeverPassesItsLimitsAndForgetsWhoLeft, ()) {
  Admission admission({12, 4});
  std::map<std::string, std::size_t> model;
  std::size_t total = 0;
  for (const int step :
       *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 12)).as("steps")) {
    const std::string key(1, static_cast<char>('a' + step % 6));
    if (step < 6) {
      if (admission.enter(key, key == "f")) {
        ++model[key];
        ++total;
        RC_ASSERT((key == "f" || model[key] <= 4));
      }
    } else if (model[key] > 0) {
      admission.leave(key);
      --model[key];
      --total;
    }
    RC_ASSERT(total <= 12U);
    RC_ASSERT(admission.connections() == total);
  }
}

}  // namespace
}  // namespace shoal::http
