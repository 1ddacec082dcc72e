// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "cli/config/config.h"
#include "tests/cli/config/support.h"

namespace shoal::config {
namespace {

TEST(Sizes, AreNumbersWithUnits) {
  EXPECT_EQ(parse_size("0"), 0U);
  EXPECT_EQ(parse_size("17B"), 17U);
  EXPECT_EQ(parse_size("500KB"), 500'000U);
  EXPECT_EQ(parse_size("2MiB"), 2U << 20U);
  EXPECT_EQ(parse_size("1000TB"), kSizeMax);
}

TEST(Sizes, AreRefusedWhenTheyAreNone) {
  for (const char* text : {"", "5", "MB", "-1MB", "1.5MB", "5 MB", "5Mb", "1001TB", "5mb",
                           "99999999999999999999B", "18446744073709551615KB", "1MB "}) {
    const auto read = parse_size(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, Errc::kInvalidArgument) << text;
    EXPECT_FALSE(read.error().next.empty()) << text;
  }
}

TEST(Rates, AreRefusedWithTheRangeOfRatesHoweverWrongTheyAre) {
  for (const char* text : {"fast", "5", "9KB/s", "2TB/s", "99999999999999999999TB/s", ""}) {
    const auto read = parse_rate(text);
    ASSERT_FALSE(read) << text;
    EXPECT_NE(read.error().what.find("is no rate from 10KB/s to 1TB/s"), std::string::npos)
        << read.error().what;
    EXPECT_EQ((read.error().what + read.error().why).find("1000TB"), std::string::npos);
  }
}

RC_GTEST_PROP(Sizes, ReadBackAsTheyAreWritten, ()) {
  const auto bytes = *rc::gen::inRange<std::uint64_t>(0, kSizeMax).as("bytes");
  const auto unit =
      *rc::gen::element<std::uint64_t>(1, 1000, 1024, 1'000'000, 1U << 30U).as("unit");
  const std::uint64_t whole = bytes - bytes % unit;
  const auto read = parse_size(size_text(whole));
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == whole);
}

TEST(Uploads, AreLimitedInAllAndForEachFriend) {
  const auto loaded = load_text(
      "upload:\n  rate: 2MB/s\n  rate_per_friend: 512KiB\n  slots: 3\n  slots_per_friend: 1\n"
      "download:\n  keep_free: 5GB\n"
      "friends:\n  - url: " +
          friend_url(1) + "\n    upload_rate: 0\n  - url: " + friend_url(2) +
          "\n    upload_rate: 4MB/s\n  - " + friend_url(3) + "\n",
      "f.yaml");
  ASSERT_TRUE(loaded) << loaded.error().why;
  const Config& config = loaded->config;
  EXPECT_EQ(config.upload_rate, 2'000'000U);
  EXPECT_EQ(config.upload_rate_per_friend, 512U << 10U);
  EXPECT_EQ(config.upload_slots, 3U);
  EXPECT_EQ(config.upload_slots_per_friend, 1U);
  EXPECT_EQ(config.download_keep_free, 5'000'000'000U);
  ASSERT_EQ(config.friends.size(), 3U);
  EXPECT_EQ(config.friends[0].upload_rate, 0U);
  EXPECT_EQ(config.friends[1].upload_rate, 4'000'000U);
  EXPECT_EQ(config.friends[2].upload_rate, std::nullopt);
}

TEST(Uploads, AreUnlimitedUnlessSaidOtherwise) {
  const auto loaded = load_text("", "f.yaml");
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->config.upload_rate, 0U);
  EXPECT_EQ(loaded->config.upload_slots, limits::kUploadSlots);
  EXPECT_EQ(loaded->config.download_keep_free, limits::kDiskSpare);
}

}  // namespace
}  // namespace shoal::config
