// SPDX-License-Identifier: Apache-2.0
#include "proto/types/ids.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <unordered_set>

#include "proto/types/message.h"
#include "proto/types/time.h"

namespace shoal {
namespace {

template <class Clock>
concept HasNow = requires {
  Clock::now();
};

// What must not compile, does not.
static_assert(!std::is_convertible_v<PeerRef, std::uint32_t>);
static_assert(!std::is_convertible_v<PeerId, KeyFingerprint>);
static_assert(!std::is_constructible_v<PeerId, Hash256>);
static_assert(!std::is_convertible_v<OverlayId, LookupToken>);
static_assert(!std::is_convertible_v<Message, QueryId>);
static_assert(!HasNow<ProtocolTime> && HasNow<std::chrono::steady_clock>);
static_assert(sizeof(PeerRef) == 4 && sizeof(PeerId) == 32 && sizeof(QueryId) == 16);
static_assert(std::is_trivially_copyable_v<ContentId>);

RC_GTEST_PROP(Ids, AreOrderedAsUnsignedBytes, ()) {
  PeerId a;
  PeerId b;
  const auto fill = [](PeerId& id) {
    const auto bytes = *rc::gen::container<std::vector<std::uint8_t>>(
        32, rc::gen::element<std::uint8_t>(0, 1, 0x7f, 0x80, 0xff));
    std::ranges::copy(bytes, id.bytes.begin());
  };
  fill(a);
  b = a;
  const auto same = *rc::gen::inRange<std::size_t>(0, 33).as("equal bytes at the front");
  PeerId other;
  fill(other);
  for (std::size_t at = same; at < 32; ++at) b.bytes[at] = other.bytes[at];
  const int order = std::memcmp(a.bytes.data(), b.bytes.data(), 32);
  RC_ASSERT((a < b) == (order < 0));
  RC_ASSERT((a == b) == (order == 0));
  RC_ASSERT((a > b) == (order > 0));
}

TEST(Ids, OfQueriesAndContentsAreOrderedByTheirPartsInTurn) {
  EXPECT_LT((QueryId{1, 9}), (QueryId{2, 0}));
  EXPECT_LT((QueryId{1, 0}), (QueryId{1, UINT64_MAX}));
  ContentId small;
  ContentId large;
  small.length = 7;
  large.root.bytes[31] = 1;
  EXPECT_LT(small, large);  // the root first
  large = small;
  large.length = 8;
  EXPECT_LT(small, large);
  EXPECT_NE(small, large);  // a root alone is no name
}

TEST(Ids, HashWhenTheyAreSmall) {
  std::unordered_set<PeerRef> refs{{1}, {2}, {1}};
  EXPECT_EQ(refs.size(), 2U);
  EXPECT_FALSE(refs.contains(kNoPeer));
  EXPECT_NE(kNoPeer, PeerRef{});
}

TEST(Time, RoundsDownToMilliseconds) {
  EXPECT_EQ(to_ms(Duration(1999)), 1);
  EXPECT_EQ(to_ms(Duration(0)), 0);
  EXPECT_EQ(to_ms(Duration(-1)), -1);
  EXPECT_EQ(to_ms(std::chrono::seconds(90)), 90'000);
}

}  // namespace
}  // namespace shoal
