// SPDX-License-Identifier: Apache-2.0
#include "proto/text/words.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace shoal {
namespace {

TEST(Words, TakesAccentsAndCaseAway) {
  const std::pair<const char*, const char*> table[] = {
      {"Café", "cafe"},      {"CAFE\xCC\x81", "cafe"}, {"Ñandú", "nandu"},
      {"Straße", "strasse"}, {"ÅNGSTRÖM", "angstrom"}, {"ﬁn", "fin"},
      {"Ωμέγα", "ωμεγα"},    {"Ёлка", "елка"}};
  for (const auto& [text, folded] : table) EXPECT_EQ(fold(text), folded) << text;
}

TEST(Words, SplitsAtEverythingButLettersAndDigits) {
  EXPECT_EQ(fold("debian-handbook_v2.pdf"), "debian handbook v2 pdf");
  EXPECT_EQ(fold("  -- \" * ( ) "), "");
}

TEST(Words, TakesBytesThatAreNoTextAsSeparators) {
  EXPECT_EQ(fold("one\xff\xfetwo"), "one two");
  EXPECT_EQ(fold(std::string_view("one\0two", 7)), "one two");
  EXPECT_EQ(as_utf8("a\xff"
                    "b"),
            "a_b");
}

TEST(Words, QuotesEveryWordOfAQuery) {
  EXPECT_EQ(match_expression("NEAR(a b) OR \"c* -d"), "\"near\" \"a\" \"b\" \"or\" \"c\" \"d\" *");
  EXPECT_EQ(match_expression("*\"'"), "");
}

RC_GTEST_PROP(Words, TakesPlainTextApartAsItDoesAnyOther, ()) {
  const auto text =
      *rc::gen::container<std::string>(rc::gen::map(rc::gen::inRange(1, 128), [](int c) {
         return static_cast<char>(c);
       })).as("text");
  auto expected = words_of(text);
  expected.insert(expected.begin(), "e");
  RC_ASSERT(words_of("\xc3\xa9 " + text) == expected);
}

}  // namespace
}  // namespace shoal
