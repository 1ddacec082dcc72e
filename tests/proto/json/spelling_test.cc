// SPDX-License-Identifier: Apache-2.0
#include "proto/json/spelling.h"

#include <gtest/gtest.h>

#include <array>

namespace shoal::json {
namespace {

namespace bj = boost::json;

constexpr std::array kSpellings{Spelling{"user", "name"}, Spelling{"nombre", "name"},
                                Spelling{"ip", "address"}};

TEST(Spelling, RenamesWhatIsOldAndLeavesTheRest) {
  bj::object object{{"user", "ana"}, {"ip", "::1"}, {"more", 1}};
  ASSERT_TRUE(respell(object, kSpellings));
  EXPECT_EQ(object, (bj::object{{"name", "ana"}, {"address", "::1"}, {"more", 1}}));
  ASSERT_TRUE(respell(object, kSpellings));
  EXPECT_EQ(object.at("name"), "ana");
}

TEST(Spelling, RefusesTwoNamesForOneThing) {
  for (bj::object object : {bj::object{{"user", "ana"}, {"name", "luis"}},
                            bj::object{{"user", "ana"}, {"nombre", "luis"}}}) {
    const auto done = respell(object, kSpellings);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Errc::kInvalidArgument);
    EXPECT_NE(done.error().why.find("\"name\""), std::string::npos) << done.error().why;
  }
}

TEST(Spelling, TakesDigitsAsANumberAndNothingElse) {
  bj::object object{{"port", "5001"}, {"bad", "50x"}, {"none", ""}, {"kept", 3}};
  for (const char* name : {"port", "bad", "none", "kept", "missing"}) {
    digits_to_number(object, name);
  }
  EXPECT_EQ(object, (bj::object{{"port", 5001U}, {"bad", "50x"}, {"none", ""}, {"kept", 3}}));
}

TEST(Spelling, SplitsAUrlUnlessThePartsAreThere) {
  bj::object object{{"url", "http://[::1]:5001/"}};
  ASSERT_TRUE(split_url(object, "url"));
  EXPECT_EQ(object, (bj::object{{"address", "::1"}, {"port", 5001}}));
  object["url"] = "http://10.0.0.1:9";
  ASSERT_TRUE(split_url(object, "url"));
  EXPECT_EQ(object, (bj::object{{"address", "::1"}, {"port", 5001}}));
  for (const bj::value& bad :
       {bj::value("10.0.0.1:9"), bj::value("http://host"), bj::value("http://:9"), bj::value(9)}) {
    object["url"] = bad;
    EXPECT_FALSE(split_url(object, "url")) << bad;
  }
}

}  // namespace
}  // namespace shoal::json
