// SPDX-License-Identifier: Apache-2.0
#include "broker/url.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdio>

namespace shoal::broker {
namespace {

std::string why(std::string_view text) {
  const auto url = parse_url(text);
  return url ? "ok" : url.error().why;
}

// Every byte but letters and digits as %XX.
std::string encoded(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      out += c;
      continue;
    }
    char code[4];
    std::snprintf(code, sizeof code, "%%%02X",
                  static_cast<unsigned>(static_cast<unsigned char>(c)));
    out += code;
  }
  return out;
}

TEST(BrokerUrl, ReadsAllItsPartsAndHasTheUsualOnesFromTheBroker) {
  EXPECT_EQ(parse_url("amqp://broker").value(), (Url{"broker", 5672, "guest", "guest", "/"}));
  EXPECT_EQ(parse_url("amqp://broker/").value().vhost, "/");
  EXPECT_EQ(parse_url("amqp://ana:s%40cret:x@10.0.0.1:99/%2Flab").value(),
            (Url{"10.0.0.1", 99, "ana", "s@cret:x", "/lab"}));
  EXPECT_EQ(parse_url("amqp://ana@[::1]:7/lab").value(), (Url{"::1", 7, "ana", "", "lab"}));
}

TEST(BrokerUrl, SaysWhatIsWrong) {
  EXPECT_EQ(why("http://broker"), "it does not begin with amqp://");
  EXPECT_EQ(why("amqps://broker"), "amqps is not offered: put a tunnel in front of the broker");
  EXPECT_EQ(why("amqp://"), "it names no host");
  EXPECT_EQ(why("amqp://a b"), "it names no host");
  EXPECT_EQ(why("amqp://broker:"), "its port is no number from 1 to 65535");
  EXPECT_EQ(why("amqp://broker:0"), "its port is no number from 1 to 65535");
  EXPECT_EQ(why("amqp://broker:65536"), "its port is no number from 1 to 65535");
  EXPECT_EQ(why("amqp://broker:1x"), "its port is no number from 1 to 65535");
  EXPECT_EQ(why("amqp://[::1"), "its address has no end");
  EXPECT_EQ(why("amqp://[::1]7"), "after its address stands no port");
  EXPECT_EQ(why("amqp://broker/a/b"), "its vhost is not well formed: write / as %2F");
  EXPECT_EQ(why("amqp://broker/%0a"), "its vhost is not well formed: write / as %2F");
  EXPECT_EQ(why("amqp://a%zz:b@broker"), "its user or password is not well formed");
  EXPECT_EQ(why("amqp://:b@broker"), "its user or password is not well formed");
  EXPECT_EQ(why("amqp://" + std::string(600, 'a')), "it is too long");
}

RC_GTEST_PROP(BrokerUrl, ComesBackAsItWasEncoded, ()) {
  const auto printable = [](std::size_t most) {
    return rc::gen::resize(static_cast<int>(most),
                           rc::gen::container<std::string>(rc::gen::inRange<char>(0x20, 0x7f)));
  };
  Url url;
  url.host = "broker.example";
  url.port = *rc::gen::inRange<std::uint16_t>(1, 65535).as("port");
  url.user = "u" + *printable(20).as("user");
  url.password = *printable(20).as("password");
  url.vhost = "v" + *printable(20).as("vhost");
  const std::string text = "amqp://" + encoded(url.user) + ":" + encoded(url.password) + "@" +
                           url.host + ":" + std::to_string(url.port) + "/" + encoded(url.vhost);
  RC_ASSERT(parse_url(text).value() == url);
}

RC_GTEST_PROP(BrokerUrl, NeverTellsThePassword, ()) {
  const std::string secret = "hunter2secret";
  const std::string text =
      "amqp://ana:" + secret + "@" +
      *rc::gen::element<std::string>("broker", "", "[::1", "b:0", "b/%z", "b c").as("place");
  const auto url = parse_url(text);
  const std::string told =
      url ? url->shown() : url.error().what + url.error().why + url.error().next;
  RC_ASSERT(told.find(secret) == std::string::npos);
}

}  // namespace
}  // namespace shoal::broker
