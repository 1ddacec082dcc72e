// SPDX-License-Identifier: Apache-2.0
#include "proto/types/rng.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <set>
#include <vector>

namespace shoal {
namespace {

// SplitMix64 as its paper writes it, one step at a time.
std::uint64_t reference_step(std::uint64_t& state) {
  state = state + 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

// Published outputs, which neither this file nor the class could agree on by a shared mistake.
TEST(Rng, GivesThePublishedNumbers) {
  Rng zero(0);
  EXPECT_EQ(zero.next(), 0xe220a8397b1dcdafULL);
  EXPECT_EQ(zero.next(), 0x6e789e6aa1b965f4ULL);
  EXPECT_EQ(zero.next(), 0x06c45d188009454fULL);
  Rng other(1234567);
  for (const std::uint64_t number : {6457827717110365317ULL, 3203168211198807973ULL,
                                     9817491932198370423ULL, 4593380528125082431ULL}) {
    EXPECT_EQ(other.next(), number);
  }
}

RC_GTEST_PROP(Rng, FollowsItsPaperFromAnySeed, ()) {
  auto state = *rc::gen::arbitrary<std::uint64_t>().as("seed");
  Rng rng(state);
  for (int i = 0; i < 20; ++i) {
    RC_ASSERT(rng.next() == reference_step(state));
    RC_ASSERT(rng.state() == state);
  }
  Rng again(rng.state());  // the state is all of it
  RC_ASSERT(again.next() == rng.next());
}

RC_GTEST_PROP(Rng, DrawsBelowTheBoundByRejection, ()) {
  auto state = *rc::gen::arbitrary<std::uint64_t>().as("seed");
  const auto any = *rc::gen::arbitrary<std::uint64_t>().as("any");
  const auto shift = *rc::gen::inRange(0, 64).as("shift");
  const std::uint64_t bound = std::max<std::uint64_t>(1, any >> shift);
  Rng rng(state);
  // All numbers from `uneven` on are whole rounds of `bound`: 2^64 mod bound, written out.
  const std::uint64_t uneven = ((UINT64_MAX % bound) + 1) % bound;
  for (int i = 0; i < 20; ++i) {
    std::uint64_t drawn = reference_step(state);
    while (drawn < uneven) drawn = reference_step(state);
    RC_ASSERT(rng.below(bound) == drawn % bound);
  }
}

TEST(Rng, DrawsEachNumberEquallyOften) {
  Rng rng(99);
  std::array<int, 7> counts{};
  for (int i = 0; i < 70'000; ++i) ++counts.at(rng.below(7));
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);  // five standard deviations
  EXPECT_EQ(Rng(1).below(1), 0U);
}

TEST(Rng, NeedsABoundAboveZero) { EXPECT_DEATH(Rng(1).below(0), "bound > 0"); }

TEST(Rng, ForksStreamsThatDifferAndLeavesItself) {
  const Rng root(5);
  std::set<std::uint64_t> first;
  for (std::uint64_t stream = 0; stream < 10'000; ++stream) {
    first.insert(root.fork(stream).next());
    EXPECT_EQ(root.fork(stream).state(), root.fork(stream).state());
  }
  EXPECT_EQ(first.size(), 10'000U);
  EXPECT_EQ(root.state(), 5U);
  EXPECT_NE(Rng(6).fork(1).next(), root.fork(1).next());
}

}  // namespace
}  // namespace shoal
