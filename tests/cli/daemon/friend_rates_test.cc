// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/friends/friend_rates.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "proto/types/limits_transfer.h"
#include "proto/types/text.h"
#include "tests/support/temp_folder.h"

namespace shoal::daemon {
namespace {

using Rate = FriendRates::Rate;

PeerId peer(std::uint8_t byte) {
  PeerId id;
  id.bytes.fill(byte);
  return id;
}

class RatesOfFriends : public testing::Test {
 protected:
  // As a configuration with a rate of 1 MB/s for everybody, and another for the first friend.
  void SetUp() override { open({5'000'000, 1'000'000, {{peer(1), 200'000}}}); }
  void open(transfer::UploadRates configured) {
    rates_.reset();
    store_.reset();
    store_ = std::move(*StateStore::open(folder_ / "state.db"));
    rates_ = std::move(*FriendRates::open(*store_, std::move(configured)));
    rates_->watch([this](const transfer::UploadRates& now) { seen_ = now; });
  }
  const tests::TempFolder folder_;
  std::unique_ptr<StateStore> store_;
  std::unique_ptr<FriendRates> rates_;
  transfer::UploadRates seen_;
};

TEST_F(RatesOfFriends, AreThoseOfTheConfigurationUntilTheOwnerSaysOtherwise) {
  EXPECT_EQ(seen_, (transfer::UploadRates{5'000'000, 1'000'000, {{peer(1), 200'000}}}));
  EXPECT_EQ(rates_->of(peer(1)), (Rate{200'000, false}));
  EXPECT_EQ(rates_->of(peer(2)), (Rate{1'000'000, false}));
  ASSERT_TRUE(rates_->tell(peer(1), 300'000));
  ASSERT_TRUE(rates_->tell(peer(2), 0));
  EXPECT_EQ(seen_,
            (transfer::UploadRates{5'000'000, 1'000'000, {{peer(1), 300'000}, {peer(2), 0}}}));
  EXPECT_EQ(rates_->of(peer(1)), (Rate{300'000, true}));
  EXPECT_EQ(rates_->of(peer(2)), (Rate{0, true}));
  ASSERT_TRUE(rates_->tell(peer(1), std::nullopt));
  ASSERT_TRUE(rates_->tell(peer(2), std::nullopt));
  EXPECT_EQ(seen_, (transfer::UploadRates{5'000'000, 1'000'000, {{peer(1), 200'000}}}));
  EXPECT_EQ(rates_->of(peer(1)), (Rate{200'000, false}));
}

TEST_F(RatesOfFriends, HoldOverRestartsAndOverAnotherConfiguration) {
  ASSERT_TRUE(rates_->tell(peer(1), 300'000));
  ASSERT_TRUE(rates_->tell(peer(2), 400'000));
  ASSERT_TRUE(rates_->tell(peer(2), std::nullopt));
  open({0, 50'000, {{peer(1), 600'000}}});
  EXPECT_EQ(seen_, (transfer::UploadRates{0, 50'000, {{peer(1), 300'000}}}));
  EXPECT_EQ(rates_->of(peer(1)), (Rate{300'000, true}));
  EXPECT_EQ(rates_->of(peer(2)), (Rate{50'000, false}));
}

TEST_F(RatesOfFriends, OfOneWhoseKeyIsKnownLateStandsBehindTheOwnersWord) {
  ASSERT_TRUE(rates_->tell(peer(2), 300'000));
  rates_->configure(peer(2), 70'000);
  rates_->configure(peer(3), 80'000);
  EXPECT_EQ(seen_.own.at(peer(2)), 300'000U);
  EXPECT_EQ(seen_.own.at(peer(3)), 80'000U);
  ASSERT_TRUE(rates_->tell(peer(2), std::nullopt));
  EXPECT_EQ(seen_.own.at(peer(2)), 70'000U);
}

TEST_F(RatesOfFriends, OutOfRangeAreRefusedAndWhatCannotBeReadIsAsUsual) {
  for (const char* const wrong : {"1", "-20000", "20000.5", "9999", "1000000000001", "1e40",
                                  "99999999999999999999", "\"2MB/s\"", "[20000]", "true"}) {
    const auto told = rate_in(boost::json::parse(wrong));
    ASSERT_FALSE(told) << wrong;
    EXPECT_EQ(told.error().code, Errc::kInvalidArgument);
    EXPECT_EQ(told.error().why,
              "it is no number of bytes per second from 10000 to 1000000000000, that is from "
              "10KB/s to 1TB/s");
  }
  EXPECT_EQ(rate_in(nullptr).value(), std::nullopt);
  for (const std::uint64_t right : {std::uint64_t{0}, limits::kRateMin, limits::kRateMax}) {
    EXPECT_EQ(rate_in(right).value(), right);
  }
  ASSERT_TRUE(store_->set_text("upload rate of " + to_text(peer(2)), "fast"));
  ASSERT_TRUE(store_->set_text("upload rate of " + to_text(peer(3)), "1"));
  ASSERT_TRUE(store_->set_text("upload rate of nobody", "300000"));
  open({0, 50'000, {}});
  EXPECT_TRUE(seen_.own.empty());
}

}  // namespace
}  // namespace shoal::daemon
