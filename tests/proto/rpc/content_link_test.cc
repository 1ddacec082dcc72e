// SPDX-License-Identifier: Apache-2.0
#include "proto/rpc/content_link.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "proto/types/limits.h"
#include "proto/types/limits_folders.h"
#include "proto/types/text.h"

namespace shoal::rpc {
namespace {

// Names of 0 to 6 pieces, none of them what a link is made of without being encoded.
std::string any_name() {
  std::string name;
  for (int left = *rc::gen::inRange(0, 7).as("pieces of the name"); left > 0; --left) {
    name += *rc::gen::element<std::string>("a", "Z9", " ", "&", "=", "%", "é", "水", "/", "#", "+",
                                           "\n", "..", "?", "~")
                 .as("piece");
  }
  return name;
}

ContentLink any_link() {
  ContentLink link;
  link.content.root.bytes = *rc::gen::arbitrary<std::array<std::uint8_t, 32>>().as("root");
  link.content.length = *rc::gen::inRange<std::uint64_t>(0, limits::kFileBytesMax + 1).as("length");
  link.name = any_name();
  const int sources = *rc::gen::inRange(0, 4).as("sources");
  for (int at = 0; at < sources; ++at) {
    FriendUrl url;
    url.id.bytes = *rc::gen::arbitrary<std::array<std::uint8_t, 32>>().as("peer");
    url.id.bytes[0] = static_cast<std::uint8_t>(at);
    for (int left = *rc::gen::inRange(1, 4).as("endpoints"); left > 0; --left) {
      url.endpoints.push_back((left % 2 == 0 ? "host.example:" : "[::1]:") +
                              std::to_string(*rc::gen::inRange(1, 65536).as("port")));
    }
    link.sources.push_back(std::move(url));
  }
  return link;
}

RC_GTEST_PROP(ContentLink, ReadsBackWhatItWrote, ()) {
  const ContentLink link = any_link();
  const auto read = parse_content_link(to_text(link));
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == link);
}

// Of a damaged link nothing is believed: it is refused in words, unless it still says the same.
RC_GTEST_PROP(ContentLink, DamageIsNamed, ()) {
  const ContentLink link = any_link();
  std::string text = to_text(link);
  const auto at = *rc::gen::inRange<std::size_t>(0, text.size()).as("position");
  const char other = *rc::gen::inRange<char>(' ', '\x7f').as("character");
  switch (*rc::gen::inRange(0, 5).as("kind of damage")) {
    case 0:
      text.resize(at);
      break;
    case 1:
      text.erase(at, 1);
      break;
    case 2:
      text.insert(at, 1, other);
      break;
    case 3:
      text[at] = other;
      break;
    default:
      std::swap(text[at], text[*rc::gen::inRange<std::size_t>(0, text.size()).as("other place")]);
  }
  const auto read = parse_content_link(text);
  if (read) {
    RC_ASSERT(*read == link);
  } else {
    RC_ASSERT(read.error().code == Errc::kInvalidArgument);
    RC_ASSERT(!read.error().what.empty());
    RC_ASSERT(!read.error().why.empty());
  }
}

RC_GTEST_PROP(ContentLink, AnyTextIsReadOrRefused, ()) {
  std::string text = *rc::gen::element<std::string>("shoal:?", "shoal:?id=", "").as("begin");
  text += *rc::gen::container<std::string>(rc::gen::element('=', '&', '%', 'i', 'd', '0', 'a', '@',
                                                            ':', ',', '.', '\0', '\xff'))
               .as("text");
  const auto read = parse_content_link(text);
  RC_ASSERT((read.has_value() || !read.error().why.empty()));
}

TEST(ContentLink, HasTheFormThatIsDocumented) {
  ContentLink link;
  link.content.length = 42;
  link.name = "GPL 3.txt";
  link.sources.push_back({PeerId{}, {"127.0.0.1:7401", "h:1"}});
  const std::string root(64, '0');
  const std::string text = to_text(link);
  EXPECT_TRUE(text.starts_with("shoal:?id=" + root + ".")) << text;
  EXPECT_EQ(text.substr(text.find('&')), "&length=42&name=GPL%203.txt&source=" +
                                             shoal::to_text(PeerId{}) + "@127.0.0.1:7401,h:1");
  EXPECT_FALSE(link.is_folder());
  const auto by_hand = parse_content_link("shoal:?length=42&id=" + root);
  ASSERT_TRUE(by_hand);
  EXPECT_EQ(by_hand->content, link.content);
  const auto folder = parse_content_link("shoal:?id=" + root + "&length=42&name=Album/");
  ASSERT_TRUE(folder);
  EXPECT_TRUE(folder->is_folder());
}

TEST(ContentLink, SaysWhatIsWrong) {
  const std::string good = "shoal:?id=" + std::string(64, '0') + "&length=1";
  const auto why = [](const std::string& text) {
    const auto read = parse_content_link(text);
    return read ? std::string("nothing") : read.error().why;
  };
  EXPECT_EQ(why(good), "nothing");
  EXPECT_EQ(why("http://x/"), "it does not begin with shoal:?");
  EXPECT_EQ(why("shoal:?id=" + std::string(64, '0')), "it has no length: some of it is missing");
  EXPECT_EQ(why("shoal:?length=1"), "it has no id: some of it is missing");
  EXPECT_EQ(why(good + "&name"), "\"name\" has no value");
  EXPECT_EQ(why(good + "&"), "\"\" has no value");
  EXPECT_EQ(why(good + "&size=1"), "it has \"size\", which no link has");
  EXPECT_EQ(why(good + "&length=1"), "it has two lengths");
  EXPECT_EQ(why(good + "&name=a b"), "its name has a character that must be written as %XX");
  EXPECT_EQ(why(good + "&name=%zz"), "its name has a character that must be written as %XX");
  EXPECT_EQ(why(good + "&name=%00"), "its name has a character that must be written as %XX");
  EXPECT_EQ(why(good + "&name="), "its name is not 1 to 255 bytes of text");
  EXPECT_EQ(why(good + "&name=" + std::string(256, 'a')), "its name is not 1 to 255 bytes of text");
  EXPECT_EQ(why(good + "&name=%ff"), "its name is not 1 to 255 bytes of text");
  const std::string id = "shoal:?id=" + std::string(64, '0');
  for (const char* length : {"", "-1", "01", "1x", "99999999999999999999", "4398046511105"}) {
    EXPECT_EQ(why(id + "&length=" + length),
              "its length is no number of bytes that a file can have")
        << length;
  }
  EXPECT_EQ(why(id + ".00000000&length=1"),
            "it was damaged on its way: its check digits do not fit");
  EXPECT_EQ(why(id + "0&length=1"),
            "its id is not 64 hexadecimal digits, a dot and 8 check digits");
  EXPECT_EQ(why(good + "&source=x@h:1"),
            "a source of it is wrong: its key is wrong: it has 1 characters instead of 53");
  const std::string source = "&source=" + shoal::to_text(PeerId{}) + "@h:1";
  EXPECT_EQ(why(good + source + source), "it names one source twice");
  std::string many = good;
  for (std::uint8_t at = 0; at <= limits::kLinkSources; ++at) {
    PeerId peer;
    peer.bytes[0] = at;
    many += "&source=" + shoal::to_text(peer) + "@h:1";
  }
  EXPECT_EQ(why(many), "it has more than 16 sources");
  EXPECT_EQ(why(good + std::string(limits::kLinkBytes, 'x')), "it is longer than 16384 characters");
}

TEST(ContentLink, LeavesOutSourcesThatDoNotFit) {
  ContentLink link;
  for (std::uint8_t at = 0; at < limits::kLinkSources; ++at) {
    FriendUrl url;
    url.id.bytes[0] = at;
    for (int place = 0; place < 8; ++place) {
      url.endpoints.push_back(std::string(200, 'h') + ":" + std::to_string(place + 1));
    }
    link.sources.push_back(std::move(url));
  }
  const std::string text = to_text(link);
  EXPECT_LE(text.size(), limits::kLinkBytes);
  const auto read = parse_content_link(text);
  ASSERT_TRUE(read) << read.error().why;
  EXPECT_GT(read->sources.size(), 5U);
  EXPECT_LT(read->sources.size(), link.sources.size());
}

}  // namespace
}  // namespace shoal::rpc
