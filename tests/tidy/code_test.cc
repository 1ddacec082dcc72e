// SPDX-License-Identifier: Apache-2.0
#include "tests/tidy/code.h"

#include <gtest/gtest.h>

namespace shoal::tidy {
namespace {

TEST(StripCode, BlanksCommentsAndLiteralsAndKeepsLines) {
  EXPECT_EQ(strip_code("a // b\nc"), "a     \nc");
  EXPECT_EQ(strip_code("a /* b\nc */ d"), "a     \n     d");
  EXPECT_EQ(strip_code(R"(f("x\"y") + 'z')"), "f(      ) +    ");
  EXPECT_EQ(strip_code("R\"x(a\n)\" b)x\" c"), "     \n        c");
}

TEST(StripCode, LeavesDigitSeparatorsAndDivision) {
  EXPECT_EQ(strip_code("1'000 / 2 + b'"), "1'000 / 2 + b'");
}

TEST(StripCode, EndsAnOpenLiteralAtTheEndOfTheLine) { EXPECT_EQ(strip_code("\"a\nb"), "  \nb"); }

TEST(IncludesOf, FindsBothKindsWithTheirLines) {
  const auto found =
      includes_of("#include \"a/b.h\"\n// #include \"no.h\"\n #  include <vector> // x\n");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].target, "a/b.h");
  EXPECT_TRUE(found[0].quoted);
  EXPECT_EQ(found[1].target, "vector");
  EXPECT_FALSE(found[1].quoted);
  EXPECT_EQ(found[1].line, 3);
}

TEST(NamesOf, JoinsQualifiersAndSkipsNumbers) {
  const auto names = names_of("std::chrono::steady_clock::now();\n0x1F + 1'000u x_");
  ASSERT_EQ(names.size(), 2U);
  EXPECT_EQ(names[0].text, "std::chrono::steady_clock::now");
  EXPECT_EQ(names[1].text, "x_");
  EXPECT_EQ(names[1].line, 2);
}

TEST(Matches, ComponentsWithoutColonsAndBeginningsWithThem) {
  EXPECT_TRUE(matches("std::chrono::steady_clock::now", "*_clock"));
  EXPECT_TRUE(matches("mt19937_64", "mt19937*"));
  EXPECT_FALSE(matches("clock_skew", "*_clock"));
  EXPECT_TRUE(matches("std::thread::hardware_concurrency", "std::thread"));
  EXPECT_FALSE(matches("thread", "std::thread"));
  EXPECT_FALSE(matches("my_shuffle", "std::shuffle"));
  EXPECT_TRUE(matches("grpc::Status", "grpc"));
  EXPECT_FALSE(matches("grpc_status", "grpc"));
}

}  // namespace
}  // namespace shoal::tidy
