// SPDX-License-Identifier: Apache-2.0
#include "proto/types/utf8.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <optional>
#include <set>

namespace shoal {
namespace {

std::string encode(std::uint32_t point) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | (point >> shift & 0x3f)); };
  if (point < 0x80) return {static_cast<char>(point)};
  if (point < 0x800) return {static_cast<char>(0xc0 | point >> 6), tail(0)};
  if (point < 0x10000) return {static_cast<char>(0xe0 | point >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xf0 | point >> 18), tail(12), tail(6), tail(0)};
}

// Well-formed means: it is what some code point encodes to. So all of them are tried.
const std::set<std::string>& all_sequences() {
  static const std::set<std::string> all = [] {
    std::set<std::string> out;
    for (std::uint32_t point = 0; point <= 0x10ffff; ++point) {
      if (point < 0xd800 || point > 0xdfff) out.insert(out.end(), encode(point));
    }
    return out;
  }();
  return all;
}

TEST(Utf8, KnowsEveryCodePoint) {
  for (const auto& sequence : all_sequences()) ASSERT_TRUE(is_utf8(sequence));
  for (std::uint32_t point = 0xd800; point <= 0xdfff; ++point) {
    ASSERT_FALSE(is_utf8(encode(point)));  // surrogates
  }
  EXPECT_TRUE(is_utf8(""));
}

TEST(Utf8, KnowsNoOtherSequencesOfTwoAndThreeBytes) {
  const auto& all = all_sequences();
  std::size_t good = 0;
  for (unsigned first = 0x80; first < 0x100; ++first) {
    const std::string one{static_cast<char>(first)};
    ASSERT_FALSE(is_utf8(one));
    for (unsigned second = 0; second < 0x100; ++second) {
      const std::string two = one + static_cast<char>(second);
      ASSERT_EQ(is_utf8(two), all.contains(two));
      if (first < 0xe0 || second < 0x80) continue;
      for (unsigned third = 0x7f; third < 0xc1; ++third) {
        good += is_utf8(two + static_cast<char>(third)) ? 1U : 0U;
      }
    }
  }
  EXPECT_EQ(good, 0x10000U - 0x800U - 0x800U);  // of three bytes, without surrogates
}

TEST(Utf8, KnowsTheEdgesOfFourBytes) {
  EXPECT_TRUE(is_utf8("\xf0\x90\x80\x80"));
  EXPECT_TRUE(is_utf8("\xf4\x8f\xbf\xbf"));
  for (const auto* text : {"\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
                           "\xf8\x88\x80\x80\x80", "\xf0\x90\x80", "\xff", "\xfe"}) {
    EXPECT_FALSE(is_utf8(text)) << text;
  }
}

RC_GTEST_PROP(Utf8, ScrubsToWellFormedTextAndLeavesThatAlone, ()) {
  // Bytes near the borders of the rules, and whole sequences between them.
  const auto byte = rc::gen::element('a', '\0', '\x80', '\xbf', '\xc0', '\xc2', '\xe0', '\xed',
                                     '\x9f', '\xa0', '\xf0', '\x8f', '\x90', '\xf4', '\xff');
  const auto text = *rc::gen::container<std::string>(byte).as("text");
  const std::string clean = scrub(text);
  RC_ASSERT(is_utf8(clean));
  RC_ASSERT(scrub(clean) == clean);
  RC_ASSERT((clean == text) == is_utf8(text));
  RC_CLASSIFY(is_utf8(text) && text.size() > 1, "well-formed");
}

TEST(Utf8, PutsOneMarkForEachWrongByte) {
  const std::string mark = "\xef\xbf\xbd";
  EXPECT_EQ(scrub("a\xff"
                  "b"),
            "a" + mark + "b");
  EXPECT_EQ(scrub("\xe2\x82"), mark + mark);
  EXPECT_EQ(scrub("\xe2\x82\xac\xac"), "\xe2\x82\xac" + mark);
  EXPECT_EQ(scrub(std::string("\0", 1)), std::string("\0", 1));
}

TEST(Utf8, DisarmsWhatMovesACursorOrHidesTextAndLeavesTheRest) {
  const std::string replaced = "\xef\xbf\xbd";
  for (const std::uint32_t harmful :
       {0x00U, 0x0aU, 0x1bU, 0x7fU, 0x9bU, 0x61cU, 0x200bU, 0x202eU, 0x2066U, 0xfeffU, 0xe0001U}) {
    EXPECT_TRUE(is_harmful(harmful)) << harmful;
    EXPECT_EQ(disarm("a" + encode(harmful) + "b"), "a" + replaced + "b");
  }
  for (const std::uint32_t fine :
       {0x20U, 0x7eU, 0xa0U, 0xe9U, 0x6f22U, 0x200dU, 0x1f41fU, 0x10fffdU}) {
    EXPECT_FALSE(is_harmful(fine)) << fine;
    EXPECT_EQ(disarm(encode(fine)), encode(fine));
  }
  EXPECT_EQ(disarm("a\xc3"), "a" + replaced);
}

TEST(Utf8, ShortensBetweenCodePoints) {
  EXPECT_EQ(shorten("word", 4), "word");
  EXPECT_EQ(shorten("words", 4), "wo..");
  EXPECT_EQ(shorten("w\xc3\xa9\xc3\xa9\xc3\xa9", 6), "w\xc3\xa9..");
  EXPECT_EQ(shorten("\xf0\x9f\x90\x9f", 3), "..");
}

}  // namespace
}  // namespace shoal
