// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "cli/config/config.h"

namespace shoal::config {
namespace {

using std::chrono::milliseconds;

TEST(Durations, AreNumbersWithUnits) {
  EXPECT_EQ(parse_duration("500ms"), milliseconds(500));
  EXPECT_EQ(parse_duration("2s"), milliseconds(2000));
  EXPECT_EQ(parse_duration("5m"), milliseconds(300'000));
  EXPECT_EQ(parse_duration("1h"), milliseconds(3'600'000));
  EXPECT_EQ(parse_duration("1d"), milliseconds(86'400'000));
  EXPECT_EQ(parse_duration("0"), milliseconds(0));
}

TEST(Durations, AreRefusedWhenTheyAreNone) {
  for (const char* text : {"", "5", "s", "-1s", "1.5s", "5 s", "5sec", "5S",
                           "99999999999999999999s", "367d", "1s ", " 1s", "+1s"}) {
    const auto read = parse_duration(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, Errc::kInvalidArgument) << text;
    EXPECT_FALSE(read.error().next.empty()) << text;
  }
}

RC_GTEST_PROP(Durations, ReadBackAsTheyAreWritten, ()) {
  const auto ms = *rc::gen::inRange<std::int64_t>(0, 31'622'400'000).as("ms");
  const auto unit = *rc::gen::element<std::int64_t>(1, 1000, 60'000, 3'600'000).as("unit");
  const milliseconds whole(ms - ms % unit);
  const auto read = parse_duration(to_text(whole));
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == whole);
}

}  // namespace
}  // namespace shoal::config
