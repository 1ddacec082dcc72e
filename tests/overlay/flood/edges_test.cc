// SPDX-License-Identifier: Apache-2.0
#include "overlay/flood/edges.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace shoal::overlay {
namespace {

template <class T>
T draw(const char* name, T least, T most) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<T>(least, most)).as(name);
}

std::vector<PeerRef> left(const Edges& edges) {
  std::vector<PeerRef> peers(edges.all().begin(), edges.all().end());
  std::erase(peers, kNoPeer);
  return peers;
}

// Oracle: a vector and three numbers. Rooms that are too small, just enough, and none.
RC_GTEST_PROP(Edges, AreThoseThatWereAddedAndHaveNotAnswered, ()) {
  Edges edges;
  std::vector<PeerRef> known;
  std::array<std::uint32_t, 3> counted{};
  const auto links = draw<std::uint32_t>("links", 0, 14);
  if (draw("reserves", 0, 2) == 1) edges.reserve(draw<std::uint32_t>("room", 0, 14));
  for (std::uint32_t link = 0; link < links; ++link) {
    edges.add(PeerRef{link});
    known.push_back(PeerRef{link});
    edges.count(Edges::kCopies);
    ++counted[Edges::kCopies];
  }
  const auto answers = draw("answers", 0, 20);
  for (int answer = 0; answer < answers; ++answer) {
    const PeerRef from{draw<std::uint32_t>("from", 0, 16)};
    RC_ASSERT(edges.has(from) == (std::ranges::count(known, from) == 1));
    RC_ASSERT(edges.remove(from) == (std::erase(known, from) == 1));
    const auto what = draw("counted as", 0, 3) == 0 ? Edges::kLeaves : Edges::kDuplicates;
    edges.count(what);
    ++counted[what];
    RC_ASSERT(edges.open() == known.size());
    RC_ASSERT(left(edges) == known);
  }
  if (draw("forgets", 0, 2) == 1) {
    edges.forget();
    known.clear();
  }
  RC_ASSERT(left(edges) == known);
  RC_ASSERT(edges.open() == known.size());
  for (const auto what : {Edges::kCopies, Edges::kDuplicates, Edges::kLeaves}) {
    RC_ASSERT(edges.counted(what) == counted[what]);
  }
  edges.count_anew();
  RC_ASSERT(edges.none_counted());
}

TEST(Edges, CountMoreThanAByteHoldsIfThereIsRoom) {
  Edges edges;
  edges.reserve(1000);
  for (int i = 0; i < 1000; ++i) edges.count(Edges::kCopies);
  edges.uncount(Edges::kCopies);
  EXPECT_EQ(edges.counted(Edges::kCopies), 999U);
  EXPECT_FALSE(edges.none_counted());
}

TEST(Edges, OfFewLinksTakeNoMemoryOfTheirOwn) {
  Edges edges;
  edges.reserve(8);
  for (std::uint32_t link = 0; link < 8; ++link) edges.add(PeerRef{link});
  EXPECT_EQ(edges.bytes(), 0U);
  edges.add(PeerRef{8});
  EXPECT_GT(edges.bytes(), 0U);
  EXPECT_EQ(edges.open(), 9U);
}

}  // namespace
}  // namespace shoal::overlay
