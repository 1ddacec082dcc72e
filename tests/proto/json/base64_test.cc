// SPDX-License-Identifier: Apache-2.0
#include "proto/json/base64.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "proto/types/utf8.h"

namespace shoal::json {
namespace {

TEST(Base64, WritesTheVectorsOfRfc4648) {
  EXPECT_EQ(to_base64(""), "");
  EXPECT_EQ(to_base64("f"), "Zg==");
  EXPECT_EQ(to_base64("fo"), "Zm8=");
  EXPECT_EQ(to_base64("foo"), "Zm9v");
  EXPECT_EQ(to_base64("foobar"), "Zm9vYmFy");
}

TEST(Base64, ReadsOnlyWhatItWrites) {
  for (const char* text :
       {"Zg", "Zg=", "Zh==", "Zm9v=", "====", "Zm 9", "Zm9v\n", "Z===", "-_-_"}) {
    EXPECT_EQ(from_base64(text), std::nullopt) << text;
  }
}

RC_GTEST_PROP(Base64, GivesBackAnyBytes, ()) {
  const auto bytes = *rc::gen::arbitrary<std::string>().as("bytes");
  RC_ASSERT(from_base64(to_base64(bytes)) == bytes);
}

RC_GTEST_PROP(Base64, HasOneSpellingForEach, ()) {
  const auto text =
      *rc::gen::container<std::string>(rc::gen::elementOf(std::string("ABgw/+9="))).as("text");
  const auto bytes = from_base64(text);
  RC_ASSERT((!bytes || to_base64(*bytes) == text));
}

TEST(Scrub, ReplacesEachByteThatIsNoUtf8) {
  EXPECT_EQ(scrub("a\xff"
                  "b"),
            "a\xef\xbf\xbd"
            "b");
  EXPECT_EQ(scrub("\xc0\x80"), "\xef\xbf\xbd\xef\xbf\xbd");                  // overlong NUL
  EXPECT_EQ(scrub("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");  // a surrogate
  EXPECT_EQ(scrub("\xf4\x90\x80\x80").size(), 12U);                          // past U+10FFFF
  EXPECT_EQ(scrub("\xe2\x82"), "\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(scrub("árbol €😀"), "árbol €😀");
}

RC_GTEST_PROP(Scrub, MakesUtf8OfAnythingAndLeavesUtf8Alone, ()) {
  const auto text = *rc::gen::arbitrary<std::string>().as("text");
  const auto clean = scrub(text);
  RC_ASSERT(is_utf8(clean));
  RC_ASSERT(scrub(clean) == clean);
  RC_ASSERT(is_utf8(text) == (clean == text));
}

}  // namespace
}  // namespace shoal::json
