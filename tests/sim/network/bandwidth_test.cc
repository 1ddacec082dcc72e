// SPDX-License-Identifier: Apache-2.0
#include "sim/network/bandwidth.h"

#include <gtest/gtest.h>

#include <cmath>

namespace shoal::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Bandwidth, BytesTakeTheirTimeRoundedUp) {
  EXPECT_EQ(sending_time(1000, 1'000'000), milliseconds(1));
  EXPECT_EQ(sending_time(1, 1'000'000'000), Duration(1));
  EXPECT_EQ(sending_time(0, 1000), Duration{});
  EXPECT_EQ(sending_time(1000, 0), Duration{});
  EXPECT_EQ(sending_time(UINT32_MAX, 1), seconds(UINT32_MAX));
}

TEST(Bandwidth, MessagesLeaveOneAfterTheOther) {
  Uplink uplink;
  const Bandwidth line{.up = 1000, .down = 0};
  EXPECT_EQ(uplink.leave(Instant(seconds(1)), 500, line), Instant(milliseconds(1500)));
  EXPECT_EQ(uplink.leave(Instant(seconds(1)), 500, line), Instant(milliseconds(2000)));
  EXPECT_EQ(uplink.leave(Instant(milliseconds(1200)), 100, line), Instant(milliseconds(2100)));
  EXPECT_EQ(uplink.leave(Instant(seconds(9)), 100, line), Instant(milliseconds(9100)));
  EXPECT_EQ(uplink.leave(Instant(seconds(9)), 100, {}), Instant(seconds(9)));
}

TEST(BandwidthLaw, ClassesHaveTheirShares) {
  const BandwidthLaw law = BandwidthLaw::parse("0.7 10M 50M,0.3  800k 1G").value();
  const Bandwidth slow{1'250'000, 6'250'000};
  const Bandwidth other{100'000, 125'000'000};
  int slow_ones = 0;
  for (std::uint32_t peer = 0; peer < 10'000; ++peer) {
    const Bandwidth line = law.of(3, PeerRef{peer});
    EXPECT_TRUE(line == slow || line == other);
    EXPECT_EQ(line, law.of(3, PeerRef{peer}));
    slow_ones += line == slow ? 1 : 0;
  }
  EXPECT_NEAR(slow_ones, 7000, 4 * std::sqrt(10'000 * 0.7 * 0.3));
}

TEST(BandwidthLaw, WithoutClassesNothingIsSlow) {
  const BandwidthLaw law = BandwidthLaw::parse("").value();
  EXPECT_TRUE(law.unlimited());
  EXPECT_EQ(law.of(1, PeerRef{1}), Bandwidth{});
}

TEST(BandwidthLaw, OtherTextsAreRefusedInWords) {
  for (const std::string_view text :
       {"1", "1 10M", "1 10M 10M 10M", "1 10T 10M", "1 0 10M", "2 1M 1M", "0 1M 1M", "x 1M 1M",
        "nan 1M 1M", "1 -1M 1M", ",", "1 1M 1M, "}) {
    const auto law = BandwidthLaw::parse(text);
    ASSERT_FALSE(law) << text;
    EXPECT_EQ(law.error().code, Errc::kInvalidArgument);
  }
  EXPECT_EQ(BandwidthLaw::parse("0.5 1M 1M, 0.3 1M 1M").error().why,
            "the shares do not add up to 1");
  EXPECT_TRUE(BandwidthLaw::parse("0.333 1M 1M, 0.333 2M 2M, 0.333 3M 3M"));
}

}  // namespace
}  // namespace shoal::sim
