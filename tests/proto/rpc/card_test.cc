// SPDX-License-Identifier: Apache-2.0
#include "proto/rpc/card.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "proto/types/limits.h"
#include "shoal/v1/card.pb.h"

namespace shoal::rpc {
namespace {

constexpr std::int64_t kNow = 1'800'000'000;

const Identity& mine() {
  static const auto identity = Identity::generate();
  return identity;
}

// A card with whatever in it, signed all the same.
std::string sealed(const v1::Card& card) {
  v1::SignedCard out;
  out.set_card(card.SerializeAsString());
  out.set_signature(mine().sign(context::kCard, out.card()));
  return out.SerializeAsString();
}

v1::Card good_card() {
  v1::Card card;
  card.set_public_key(mine().public_key());
  card.set_name("ana");
  card.add_endpoints("127.0.0.1:7401");
  card.set_sequence(7);
  card.set_issued_unix(kNow);
  return card;
}

std::optional<Errc> refusal(const std::string& bytes, std::int64_t now = kNow) {
  const auto card = open_card(bytes, now);
  if (card) return std::nullopt;
  return card.error().code;
}

TEST(Card, SaysWhatWasSealed) {
  const auto bytes = seal_card(mine(), "añã", {"example.org:1", "[::1]:65535"}, 9, kNow);
  const auto card = open_card(bytes, kNow + 60);
  ASSERT_TRUE(card);
  EXPECT_EQ(card->id, mine().id());
  EXPECT_EQ(card->public_key, mine().public_key());
  EXPECT_EQ(card->name, "añã");
  EXPECT_EQ(card->endpoints, (std::vector<std::string>{"example.org:1", "[::1]:65535"}));
  EXPECT_EQ(card->sequence, 9U);
  EXPECT_EQ(card->issued_unix, kNow);
}

TEST(Card, IsValidForTwoHoursByTheReadersClock) {
  const auto bytes = sealed(good_card());
  EXPECT_EQ(refusal(bytes, kNow + 7200), std::nullopt);
  EXPECT_EQ(refusal(bytes, kNow + 7201), Errc::kTimeout);
  EXPECT_EQ(refusal(bytes, kNow - 7201), Errc::kTimeout);
  auto far = good_card();
  far.set_issued_unix(INT64_MIN);
  EXPECT_EQ(refusal(sealed(far), INT64_MAX), Errc::kTimeout);
}

TEST(Card, RefusesWhatPassesABound) {
  const auto with = [](const std::function<void(v1::Card&)>& change) {
    auto card = good_card();
    change(card);
    return refusal(sealed(card));
  };
  EXPECT_EQ(with([](auto&) {}), std::nullopt);
  EXPECT_EQ(with([](auto& c) { c.set_name(std::string(64, 'x')); }), std::nullopt);
  EXPECT_EQ(with([](auto& c) { c.set_name(std::string(65, 'x')); }), Errc::kInvalidArgument);
  EXPECT_EQ(with([](auto& c) { c.set_name("a\nb"); }), Errc::kInvalidArgument);
  EXPECT_EQ(with([](auto& c) { c.set_name("\xff"); }), Errc::kInvalidArgument);
  EXPECT_EQ(with([](auto& c) { c.add_endpoints("nowhere"); }), Errc::kInvalidArgument);
  EXPECT_EQ(with([](auto& c) {
              for (std::size_t i = 0; i < limits::kEndpointsMax; ++i) c.add_endpoints("a:1");
            }),
            Errc::kInvalidArgument);
  EXPECT_EQ(with([](auto& c) { c.clear_public_key(); }), Errc::kInvalidArgument);
  EXPECT_EQ(with([](auto& c) { c.set_public_key(Identity::generate().public_key()); }),
            Errc::kIntegrity);
  EXPECT_EQ(refusal(std::string(limits::kCardBytes + 1, 'x')), Errc::kTooLarge);
  EXPECT_EQ(refusal(""), Errc::kInvalidArgument);
}

TEST(Card, KnowsEndpoints) {
  for (const char* text : {"a:1", "127.0.0.1:65535", "[2001:db8::1]:80", "my-host.example:7401"}) {
    EXPECT_TRUE(is_endpoint(text)) << text;
  }
  for (const char* text : {"", ":", "a", "a:", ":1", "a:0", "a:65536", "a:-1", "a:1x", "a b:1",
                           "[]:1", "[g]:1", "::1:80", "a/b:1", "u@h:1", "a:+1", "a\n:1"}) {
    EXPECT_FALSE(is_endpoint(text)) << text;
  }
}

RC_GTEST_PROP(Card, WithAnyByteChangedIsRefused, ()) {
  auto bytes = sealed(good_card());
  const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size()).as("at");
  const auto flip = *rc::gen::inRange(1, 256).as("flip");
  bytes[at] = static_cast<char>(bytes[at] ^ flip);
  RC_ASSERT(refusal(bytes).has_value());
}

RC_GTEST_PROP(Card, OfRandomBytesIsRefused, ()) {
  const auto bytes = *rc::gen::arbitrary<std::string>().as("bytes");
  RC_ASSERT(refusal(bytes).has_value());
}

}  // namespace
}  // namespace shoal::rpc
