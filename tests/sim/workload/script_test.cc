// SPDX-License-Identifier: Apache-2.0
#include "sim/workload/script.h"

#include <gtest/gtest.h>

namespace shoal::sim {
namespace {

std::optional<std::uint32_t> below_ten(std::uint32_t name) {
  return name < 10 ? std::optional(name) : std::nullopt;
}

Result<std::vector<Deed>> parse(std::string_view text, std::uint32_t files = 3) {
  return parse_script(text, "deeds.txt", below_ten, files);
}

std::string why(std::string_view text, std::uint32_t files = 3) {
  const auto parsed = parse(text, files);
  return parsed ? "" : parsed.error().why;
}

Instant at_us(std::int64_t us) { return Instant(Duration(us)); }

TEST(Script, ReadsEveryDeed) {
  const auto deeds = parse(
      "# who does what\n"
      "0 1 JOIN\n"
      "\n"
      "1.5 2 LEAVE   # for good\r\n"
      "2.000001\t3\tSHARE\t2\n"
      "3 3 WITHDRAW 2\n"
      "3 4 SEARCH 1\n"
      "4 4 SEARCH");
  ASSERT_TRUE(deeds) << deeds.error().why;
  const std::vector<Deed> expected{{at_us(0), Deed::Kind::kJoin, 1, 0},
                                   {at_us(1'500'000), Deed::Kind::kLeave, 2, 0},
                                   {at_us(2'000'001), Deed::Kind::kShare, 3, 2},
                                   {at_us(3'000'000), Deed::Kind::kWithdraw, 3, 2},
                                   {at_us(3'000'000), Deed::Kind::kSearch, 4, 1},
                                   {at_us(4'000'000), Deed::Kind::kSearch, 4, 0}};
  EXPECT_EQ(*deeds, expected);
}

TEST(Script, SaysWhereALineIsWrong) {
  EXPECT_EQ(why("0 1 JOIN\n0 77 LEAVE\n"), "deeds.txt:2:3: \"77\" is no peer of this network");
  EXPECT_EQ(why("zero 1 JOIN"), "deeds.txt:1:1: \"zero\" is no time in seconds");
  EXPECT_EQ(why("1.1234567 1 JOIN"), "deeds.txt:1:1: \"1.1234567\" is no time in seconds");
  EXPECT_EQ(why("-1 1 JOIN"), "deeds.txt:1:1: \"-1\" is no time in seconds");
  EXPECT_EQ(why("2 1 JOIN\n1 1 LEAVE"), "deeds.txt:2:1: this is before the line above");
  EXPECT_EQ(why("1 1"), "deeds.txt:1:3: three or four words are expected");
  EXPECT_EQ(why("1 1 SEARCH 1 1"), "deeds.txt:1:14: three or four words are expected");
  EXPECT_EQ(why("1 1 HIDE"),
            "deeds.txt:1:5: \"HIDE\" is no JOIN, LEAVE, SHARE, WITHDRAW or SEARCH");
  EXPECT_EQ(why("1 1 JOIN 2"), "deeds.txt:1:10: nothing is expected here");
  EXPECT_EQ(why("1 1 SHARE"), "deeds.txt:1:5: the number of a file is expected after it");
  EXPECT_EQ(why("1 1 SHARE 3"), "deeds.txt:1:11: \"3\" is no file: they are 0 .. 2");
  EXPECT_EQ(why("1 1 SEARCH 0", 0), "deeds.txt:1:12: \"0\" is no file: content.files is 0");
}

}  // namespace
}  // namespace shoal::sim
