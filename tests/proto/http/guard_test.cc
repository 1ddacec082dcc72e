// SPDX-License-Identifier: Apache-2.0
#include "proto/http/guard.h"

#include <gtest/gtest.h>

namespace shoal::http {
namespace {

TEST(HostOf, TakesNamesAndAddressesWithAndWithoutPort) {
  EXPECT_EQ(host_of("Example.org"), "example.org");
  EXPECT_EQ(host_of("example.org:80"), "example.org");
  EXPECT_EQ(host_of("[::1]"), "::1");
  EXPECT_EQ(host_of("[::1]:7400"), "::1");
  for (const char* text :
       {"", ":80", "a:b", "[::1", "[::1]x", "[]:1", "a:123456", "a b", "u@h", "a/b", "::1"}) {
    EXPECT_EQ(host_of(text), std::nullopt) << text;
  }
}

TEST(Origin, MustBeTheVeryHostThatWasAsked) {
  Request request;
  request.peer.address = "127.0.0.1";
  request.headers = {{"Host", "localhost:7400"}, {"Origin", ""}};
  const auto status = [&](const char* origin) {
    request.headers[1].second = origin;
    const auto no = check_origin(request, "127.0.0.1", {});
    return no ? no->status : 200;
  };
  EXPECT_EQ(status("http://localhost:7400"), 200);
  EXPECT_EQ(status("https://LOCALHOST:7400"), 200);
  EXPECT_EQ(status("http://localhost:7401"), 403);
  EXPECT_EQ(status("http://localhost:7400.evil.example"), 403);
  EXPECT_EQ(status("file://localhost:7400"), 403);
  EXPECT_EQ(status(""), 403);
}

TEST(ConstantTime, ComparesLengthAndBytes) {
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abcd"));
}

}  // namespace
}  // namespace shoal::http
