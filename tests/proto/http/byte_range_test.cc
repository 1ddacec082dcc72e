// SPDX-License-Identifier: Apache-2.0
#include "proto/http/byte_range.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <regex>

namespace shoal::http {

void PrintTo(const ContentAnswer& a, std::ostream* os) {
  *os << a.status << " " << a.offset << "+" << a.length;
}

namespace {

// The rules once more, over a bitmap of the bytes.
ContentAnswer oracle(const std::string& range, std::uint64_t length) {
  std::smatch parts;
  if (!std::regex_match(range, parts, std::regex("[Bb][Yy][Tt][Ee][Ss]=([0-9]*)-([0-9]*)")) ||
      (parts[1].length() == 0 && parts[2].length() == 0)) {
    return {200, 0, length};
  }
  const auto at = [&](std::size_t n) {
    return parts[n].length() > 15 ? ~0ULL : std::stoull(parts[n]);
  };
  if (parts[1].length() != 0 && parts[2].length() != 0 && at(2) < at(1)) return {200, 0, length};
  std::vector<std::uint64_t> wanted;
  for (std::uint64_t byte = 0; byte < length; ++byte) {
    const bool in = parts[1].length() == 0
                        ? length - byte <= at(2)
                        : byte >= at(1) && (parts[2].length() == 0 || byte <= at(2));
    if (in) wanted.push_back(byte);
  }
  if (wanted.empty()) return {416, 0, 0};
  return {206, wanted.front(), wanted.size()};
}

RC_GTEST_PROP(ByteRange, AsksForWhatTheRulesSay, ()) {
  const auto length = *rc::gen::inRange<std::uint64_t>(0, 30).as("length");
  const auto numbers =
      rc::gen::oneOf(rc::gen::just(std::string()),
                     rc::gen::map(rc::gen::inRange(0, 40), [](int n) { return std::to_string(n); }),
                     rc::gen::elementOf(std::vector<std::string>{
                         "00", "007", "18446744073709551615", "18446744073709551616",
                         "99999999999999999999999", "+1", " 1", "x", "1,2-3", "-"}));
  const auto unit = rc::gen::weightedElement<std::string>(
      {{8, "bytes="}, {1, "Bytes="}, {1, "lines="}, {1, "bytes"}, {1, "bytes ="}, {1, ""}});
  const std::string range = *unit.as("unit") + *numbers.as("first") +
                            *rc::gen::weightedElement<std::string>({{9, "-"}, {1, ""}}).as("dash") +
                            *numbers.as("last");
  const ContentAnswer got = part_of(range, length);
  RC_ASSERT(got == oracle(range, length));
  RC_ASSERT(got.offset + got.length <= length);
  RC_TAG(got.status);
}

TEST(ByteRange, ServesOneRangeAndTakesListsForTheWhole) {
  EXPECT_EQ(part_of("bytes=2-4", 10), (ContentAnswer{206, 2, 3}));
  EXPECT_EQ(part_of("bytes=2-", 10), (ContentAnswer{206, 2, 8}));
  EXPECT_EQ(part_of("bytes=-3", 10), (ContentAnswer{206, 7, 3}));
  EXPECT_EQ(part_of("bytes=-30", 10), (ContentAnswer{206, 0, 10}));
  EXPECT_EQ(part_of("bytes=0-99", 10), (ContentAnswer{206, 0, 10}));
  EXPECT_EQ(part_of("bytes=10-", 10).status, 416);
  EXPECT_EQ(part_of("bytes=-0", 10).status, 416);
  EXPECT_EQ(part_of("bytes=0-0", 0).status, 416);
  EXPECT_EQ(part_of("bytes=0-1,3-4", 10), (ContentAnswer{200, 0, 10}));
  EXPECT_EQ(part_of(std::nullopt, 10), (ContentAnswer{200, 0, 10}));
}

Request with(Request::Pairs headers) {
  Request request;
  request.headers = std::move(headers);
  return request;
}

TEST(ByteRange, AContentThatTheClientHasIsNotSentAgain) {
  EXPECT_EQ(answer_for(with({{"If-None-Match", "\"a\""}}), "\"a\"", 9).status, 304);
  EXPECT_EQ(answer_for(with({{"If-None-Match", "\"x,y\" , W/\"a\""}}), "\"a\"", 9).status, 304);
  EXPECT_EQ(answer_for(with({{"If-None-Match", "*"}, {"Range", "bytes=1-2"}}), "\"a\"", 9).status,
            304);
  EXPECT_EQ(answer_for(with({{"If-None-Match", "\"b\""}}), "\"a\"", 9).status, 200);
  EXPECT_EQ(answer_for(with({{"If-None-Match", "a"}}), "\"a\"", 9).status, 200);
  EXPECT_EQ(answer_for(with({{"If-None-Match", "\"a"}}), "\"a\"", 9).status, 200);
}

TEST(ByteRange, AnotherContentThanTheClientBeganWithIsSentWhole) {
  const auto status = [](const std::string& if_range) {
    return answer_for(with({{"Range", "bytes=1-2"}, {"If-Range", if_range}}), "\"a\"", 9).status;
  };
  EXPECT_EQ(status("\"a\""), 206);
  EXPECT_EQ(status("\"b\""), 200);
  EXPECT_EQ(status("W/\"a\""), 200);
  EXPECT_EQ(status("Sat, 21 Nov 2026 10:00:00 GMT"), 200);
}

TEST(ByteRange, SaysWhichBytesItSends) {
  EXPECT_EQ(content_range({206, 2, 3}, 10), "bytes 2-4/10");
  EXPECT_EQ(content_range({416, 0, 0}, 10), "bytes */10");
}

}  // namespace
}  // namespace shoal::http
