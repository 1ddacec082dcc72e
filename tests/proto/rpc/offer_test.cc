// SPDX-License-Identifier: Apache-2.0
#include "proto/rpc/offer.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "proto/types/limits.h"

namespace shoal::rpc {
namespace {

constexpr std::int64_t kNow = 1'700'000'000;
const QueryId kQuery{0x0123456789abcdefULL, 42};

const Identity& holder() {
  static const Identity identity = Identity::generate();
  return identity;
}

std::string card_of(const Identity& identity) {
  return seal_card(identity, "ana", {"127.0.0.1:7401"}, 3, kNow);
}

std::vector<HitFile> some_files(std::size_t count) {
  std::vector<HitFile> files(count);
  for (std::size_t i = 0; i < count; ++i) {
    files[i].content.root.bytes[i] = 1;
    files[i].content.length = i;
    files[i].name = "file " + std::to_string(i);
  }
  return files;
}

TEST(Offer, SaysWhoHoldsWhatAfterAllSignaturesHold) {
  const auto files = some_files(limits::kHitFilesMax);
  const auto offer =
      open_offer(seal_offer(holder(), kQuery, card_of(holder()), files), kQuery, kNow);
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->holder.id, holder().id());
  EXPECT_EQ(offer->holder.name, "ana");
  EXPECT_EQ(offer->card, card_of(holder()));
  EXPECT_EQ(offer->files, files);
}

TEST(Offer, IsRefusedAsTheAnswerToAnotherQuery) {
  const std::string sealed = seal_offer(holder(), kQuery, card_of(holder()), some_files(1));
  EXPECT_EQ(open_offer(sealed, QueryId{1, 2}, kNow).error().code, Errc::kIntegrity);
}

TEST(Offer, IsRefusedUnderAnothersCard) {
  const Identity liar = Identity::generate();
  const std::string sealed = seal_offer(liar, kQuery, card_of(holder()), some_files(1));
  EXPECT_EQ(open_offer(sealed, kQuery, kNow).error().code, Errc::kIntegrity);
}

TEST(Offer, IsRefusedWhenItsCardIsStale) {
  const std::string sealed = seal_offer(holder(), kQuery, card_of(holder()), some_files(1));
  EXPECT_EQ(open_offer(sealed, kQuery, kNow + 3 * 3600).error().code, Errc::kTimeout);
}

RC_GTEST_PROP(Offer, IsRefusedWithAnyBitFlipped, ()) {
  static const std::string sealed = seal_offer(holder(), kQuery, card_of(holder()), some_files(2));
  const auto at = *rc::gen::inRange<std::size_t>(0, sealed.size() * 8).as("bit");
  std::string bent = sealed;
  bent[at / 8] = static_cast<char>(bent[at / 8] ^ (1 << at % 8));
  RC_ASSERT(!open_offer(bent, kQuery, kNow));
}

RC_GTEST_PROP(Offer, IsRefusedWhenCutShort, ()) {
  static const std::string sealed = seal_offer(holder(), kQuery, card_of(holder()), some_files(2));
  const auto length = *rc::gen::inRange<std::size_t>(0, sealed.size()).as("length");
  RC_ASSERT(!open_offer(sealed.substr(0, length), kQuery, kNow));
}

TEST(Offer, TooLongIsRefusedByName) {
  EXPECT_EQ(open_offer(std::string(limits::kOfferBytes + 1, 'x'), kQuery, kNow).error().code,
            Errc::kTooLarge);
}

}  // namespace
}  // namespace shoal::rpc
