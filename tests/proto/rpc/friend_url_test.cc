// SPDX-License-Identifier: Apache-2.0
#include "proto/rpc/friend_url.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "proto/rpc/identity.h"
#include "proto/types/text.h"

namespace shoal::rpc {
namespace {

RC_GTEST_PROP(FriendUrl, ReadsBackWhatItWrote, (const std::array<std::uint8_t, 32>& bytes)) {
  FriendUrl url;
  url.id.bytes = bytes;
  const auto places = *rc::gen::inRange(1, 9).as("endpoints");
  for (int i = 0; i < places; ++i) {
    const auto port = *rc::gen::inRange(1, 65536).as("port");
    url.endpoints.push_back((i % 2 == 0 ? "host-" + std::to_string(i) + ".example:" : "[::1]:") +
                            std::to_string(port));
  }
  const auto read = parse_friend_url(to_text(url));
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == url);
}

RC_GTEST_PROP(FriendUrl, RefusesOneWrongCharacterInTheKey,
              (const std::array<std::uint8_t, 32>& bytes)) {
  FriendUrl url{PeerId{bytes}, {"127.0.0.1:7401"}};
  std::string text = to_text(url);
  const auto at = *rc::gen::inRange<std::size_t>(8, 8 + 53).as("position");
  const char other =
      *rc::gen::elementOf(std::string("abcdefghijklmnopqrstuvwxyz234567")).as("character");
  RC_PRE(text[at] != other);
  text[at] = other;
  RC_ASSERT(!parse_friend_url(text));
}

TEST(FriendUrl, SaysWhatIsWrong) {
  const std::string key = to_text(Identity::generate().id());
  const auto why = [](const std::string& text) { return parse_friend_url(text).error().why; };
  EXPECT_EQ(why("hello"), "it does not begin with shoal://");
  EXPECT_EQ(why("http://127.0.0.1:1"), "it is an address, and says no key");
  EXPECT_EQ(why("shoal://" + key), "it has no @ between key and host");
  EXPECT_EQ(why("shoal://abc@host:1"), "its key is wrong: it has 3 characters instead of 53");
  EXPECT_EQ(why("shoal://" + key + "@"), "\"\" is not host:port, with a port from 1 to 65535");
  EXPECT_EQ(why("shoal://" + key + "@host"),
            "\"host\" is not host:port, with a port from 1 to 65535");
  EXPECT_EQ(why("shoal://" + key + "@host:0"),
            "\"host:0\" is not host:port, with a port from 1 to 65535");
  EXPECT_EQ(why("shoal://" + key + "@host:1,"),
            "\"\" is not host:port, with a port from 1 to 65535");
  std::string many = "shoal://" + key + "@a:1";
  for (int i = 0; i < 8; ++i) many += ",a:1";
  EXPECT_EQ(why(many), "it has more than 8 places");
}

}  // namespace
}  // namespace shoal::rpc
