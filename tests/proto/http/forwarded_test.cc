// SPDX-License-Identifier: Apache-2.0
#include "proto/http/forwarded.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace shoal::http {
namespace {

const std::vector<std::string> kProxies{"10.0.0.1", "10.0.0.2", "fd00::1"};

std::string from(const std::string& connection, const std::vector<std::string>& lists) {
  Request::Pairs headers{{"Host", "h"}};
  for (const auto& list : lists) headers.emplace_back("x-forwarded-FOR", list);
  return client_address(headers, connection, kProxies);
}

TEST(ClientAddress, IsTheConnectionsUnlessThatIsAProxyOfOurs) {
  EXPECT_EQ(from("192.0.2.1", {"203.0.113.9"}), "192.0.2.1");
  EXPECT_EQ(from("10.0.0.1", {}), "10.0.0.1");
  EXPECT_EQ(from("10.0.0.1", {"203.0.113.9"}), "203.0.113.9");
  EXPECT_EQ(from("fd00::1", {"2001:db8::7"}), "2001:db8::7");
}

TEST(ClientAddress, BelievesOnlyWhatOurProxiesAdded) {
  EXPECT_EQ(from("10.0.0.1", {"1.1.1.1, 203.0.113.9"}), "203.0.113.9");
  EXPECT_EQ(from("10.0.0.1", {"1.1.1.1", "203.0.113.9 , 10.0.0.2"}), "203.0.113.9");
  EXPECT_EQ(from("10.0.0.1", {"10.0.0.2"}), "10.0.0.2");
  EXPECT_EQ(from("10.0.0.1", {"203.0.113.9, unknown"}), "10.0.0.1");
  EXPECT_EQ(from("10.0.0.1", {"unknown, 10.0.0.2"}), "10.0.0.2");
  EXPECT_EQ(from("10.0.0.1", {"203.0.113.9,"}), "10.0.0.1");
  EXPECT_EQ(from("10.0.0.1", {"203.0.113.9:80"}), "10.0.0.1");
}

// Whatever a client writes before it, its own address is the one that counts.
RC_GTEST_PROP(ClientAddress, CannotBeForgedByTheClient, ()) {
  const auto own = *rc::gen::element<std::string>("203.0.113.9", "2001:db8::7").as("own address");
  const auto forged = *rc::gen::container<std::vector<std::string>>(
                           rc::gen::element<std::string>("10.0.0.1", "10.0.0.2", "1.1.1.1", "", ",",
                                                         "x", "fd00::1", " "))
                           .as("forged");
  const auto hops = *rc::gen::container<std::vector<std::string>>(
                         rc::gen::element<std::string>("10.0.0.1", "10.0.0.2", "fd00::1"))
                         .as("proxies between");
  std::string list;
  for (const auto& each : forged) list += each + ",";
  list += own;
  for (const auto& each : hops) list += ", " + each;
  RC_ASSERT(from("10.0.0.1", {list}) == own);
}

}  // namespace
}  // namespace shoal::http
