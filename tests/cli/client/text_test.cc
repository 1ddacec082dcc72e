// SPDX-License-Identifier: Apache-2.0
#include "cli/client/context/text.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "proto/json/reader.h"
#include "proto/types/text.h"
#include "proto/types/utf8.h"

namespace shoal::client {
namespace {

TEST(Clean, LeavesOrdinaryTextAlone) {
  for (const char* text : {"", "a b", "straße", "日本語.txt", "e\xcc\x81", "👩\xe2\x80\x8d🚀"}) {
    EXPECT_EQ(clean(text), text);
  }
}

TEST(Clean, TakesAwayWhatMovesHidesOrReorders) {
  for (const char* text : {"\n", "\t", "\x1b", "\x7f", "\xc2\x9b", "\xe2\x80\xae", "\xe2\x81\xa6",
                           "\xe2\x80\x8b", "\xef\xbb\xbf", "\xe2\x80\xa8", "\xff"}) {
    EXPECT_EQ(clean(text), "\xef\xbf\xbd") << text;
  }
}

RC_GTEST_PROP(Clean, GivesUtf8WithoutControls, (const std::string& bytes)) {
  const std::string out = clean(bytes);
  RC_ASSERT(is_utf8(out));
  for (const char byte : out) RC_ASSERT(static_cast<unsigned char>(byte) >= 0x20);
  RC_ASSERT(clean(out) == out);
}

RC_GTEST_PROP(EscapeInJson, KeepsTheDataAndHasNothingToClean, (const std::string& bytes)) {
  const std::string text = scrub(bytes) + "\xe2\x80\xae\x7f";
  const std::string safe = escape_in_json(boost::json::serialize(boost::json::string(text)));
  RC_ASSERT(clean(safe) == safe);
  const auto back = json::parse(safe);
  RC_ASSERT(back.has_value());
  RC_ASSERT(std::string(back->as_string()) == text);
}

RC_GTEST_PROP(Fit, IsAsWideAsAllowedAndKeepsTheEnding, (const std::string& bytes)) {
  const std::string text = clean(bytes) + ".tar.gz";
  const std::size_t columns = *rc::gen::inRange<std::size_t>(12, 60).as("columns");
  const std::string out = fit(text, columns);
  RC_ASSERT(width(out) <= columns);
  RC_ASSERT(out.ends_with(".gz"));
  if (width(text) <= columns) RC_ASSERT(out == text);
}

TEST(Pad, CountsColumnsNotBytes) {
  EXPECT_EQ(pad("é", 3), "é  ");
  EXPECT_EQ(pad("日", 3, true), " 日");
  EXPECT_EQ(pad("long", 2), "long");
}

TEST(Human, Bytes) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(1024), "1.0 KiB");
  EXPECT_EQ(human_bytes(13002342), "12.4 MiB");
  EXPECT_EQ(human_bytes(1048575), "1.0 MiB");
  EXPECT_EQ(human_bytes(UINT64_MAX), "16384.0 PiB");
}

TEST(Human, Times) {
  EXPECT_EQ(human_time(38), "38 ms");
  EXPECT_EQ(human_time(1950), "1.9 s");
  EXPECT_EQ(human_time(61'000), "1m01s");
  EXPECT_EQ(human_time(11'520'000), "3h12m");
  EXPECT_EQ(human_time(200'000'000), "2d07h");
}

TEST(Human, Counts) {
  EXPECT_EQ(count_of(1, "copy"), "1 copy");
  EXPECT_EQ(count_of(2, "copy"), "2 copies");
  EXPECT_EQ(count_of(0, "file"), "0 files");
}

TEST(Durations, HaveUnits) {
  EXPECT_EQ(parse_duration("500ms")->count(), 500);
  EXPECT_EQ(parse_duration("2s")->count(), 2000);
  EXPECT_EQ(parse_duration("2")->count(), 2000);
  EXPECT_EQ(parse_duration("5m")->count(), 300'000);
  for (const char* text : {"", "s", "-1s", "1.5s", "1 s", "1d", "99999999999999999999s"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(Sizes, HaveUnits) {
  EXPECT_EQ(*parse_bytes("4096"), 4096U);
  EXPECT_EQ(*parse_bytes("10MiB"), 10485760U);
  for (const char* text : {"", "MiB", "1MB", "-1", "9999999999TiB"}) {
    EXPECT_FALSE(parse_bytes(text)) << text;
  }
}

}  // namespace
}  // namespace shoal::client
