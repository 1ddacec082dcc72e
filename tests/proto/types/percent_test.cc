// SPDX-License-Identifier: Apache-2.0
#include "proto/types/percent.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace shoal {
namespace {

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

RC_GTEST_PROP(Percent, GivesBackEveryByte, ()) {
  const auto text = *rc::gen::arbitrary<std::string>().as("text");
  const std::string coded = percent_encoded(text, is_letter);
  RC_ASSERT(std::ranges::all_of(coded, [](char c) {
    return is_letter(c) || c == '%' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
  }));
  RC_ASSERT(percent_decoded(coded) == text);
}

TEST(Percent, LeavesWhatIsPlainAndWritesTheRestInUpperCase) {
  EXPECT_EQ(percent_encoded("a/b\xff", is_letter), "a%2Fb%FF");
}

TEST(Percent, ReadsDigitsOfEitherCaseAndAnyByte) {
  EXPECT_EQ(percent_decoded("%2f%2F+ %00"), std::string("//+ \0", 5));
}

TEST(Percent, RefusesWhatIsNoPairOfDigits) {
  for (const char* text : {"%", "%4", "%4g", "%%41", "a%", "% 1", "%+1"}) {
    EXPECT_EQ(percent_decoded(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace shoal
