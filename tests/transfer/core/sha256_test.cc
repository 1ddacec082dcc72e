// SPDX-License-Identifier: Apache-2.0
#include "transfer/core/sha256.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "proto/types/rng.h"
#include "proto/types/text.h"
#include "transfer/core/sha256_lanes.h"

namespace shoal::transfer {
namespace {

Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

TEST(Sha256, GivesTheVectorsOfFips180) {
  Sha256 sha;
  EXPECT_EQ(to_hex(sha.of(bytes_of("")).bytes),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha.of(bytes_of("abc")).bytes),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, DoesNotCareHowTheBytesArrive) {
  Sha256 sha;
  const Hash256 whole = sha.of(bytes_of("the same text"));
  sha.update(bytes_of("the same"));
  sha.update(bytes_of(""));
  sha.update(bytes_of(" text"));
  EXPECT_EQ(sha.finish(), whole);
}

TEST(Sha256, StartsAnewAfterEachHash) {
  Sha256 sha;
  const Hash256 first = sha.of(bytes_of("a"));
  EXPECT_NE(sha.of(bytes_of("b")), first);
  EXPECT_EQ(sha.of(bytes_of("a")), first);
}

TEST(Sha256, HashesAParentAsItsTwoChildrenInOrder) {
  Sha256 sha;
  const Hash256 left = sha.of(bytes_of("left"));
  const Hash256 right = sha.of(bytes_of("right"));
  sha.update(left.bytes);
  sha.update(right.bytes);
  const Hash256 parent = sha.finish();
  EXPECT_EQ(sha.of(left, right), parent);
  EXPECT_NE(sha.of(right, left), parent);
}

RC_GTEST_PROP(Sha256, OfSixteenMessagesAtOnceIsThatOfEachAlone, ()) {
  const auto blocks = *rc::gen::inRange<std::size_t>(0, 40).as("blocks of 64 bytes in each");
  // From an address that is no multiple of anything.
  const auto shift = *rc::gen::inRange<std::size_t>(0, 64).as("shift");
  Rng rng(*rc::gen::arbitrary<std::uint64_t>().as("seed"));
  std::vector<std::uint8_t> all(shift + kShaLanes * blocks * 64);
  for (auto& byte : all) byte = static_cast<std::uint8_t>(rng.next());
  const Bytes messages = Bytes(all).subspan(shift);
  Sha256 sha;
  const auto hashes = sha256_lanes(messages, sha);
  for (std::size_t lane = 0; lane < kShaLanes; ++lane) {
    RC_ASSERT(hashes[lane] == sha.of(messages.subspan(lane * blocks * 64, blocks * 64)));
  }
  // What processors do that cannot do all at once.
  RC_ASSERT(sha256_one_by_one(messages, sha) == hashes);
}

}  // namespace
}  // namespace shoal::transfer
