// SPDX-License-Identifier: Apache-2.0
#include "transfer/core/upload.h"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>
#include <set>

#include "proto/types/limits.h"
#include "transfer/core/piece_map.h"

namespace shoal::transfer {
namespace {

TEST(Upload, AnswersInOrderThoughReadsEndInAny) {
  Upload upload(Layout(3U << 20U));
  ASSERT_TRUE(upload.on_range_request(0, 10));
  ASSERT_TRUE(upload.on_manifest_request({0, 3}));
  ASSERT_TRUE(upload.on_range_request(1U << 20U, 10));
  const auto first = upload.next_read();
  const auto second = upload.next_read();
  ASSERT_TRUE(first && second);
  upload.on_read(second->number);
  EXPECT_FALSE(upload.next_send());
  upload.on_read(first->number);
  EXPECT_EQ(upload.next_send(), Upload::Answer(*first));
  EXPECT_FALSE(upload.next_send());  // one at a time
  upload.on_sent();
  EXPECT_EQ(upload.next_send(), Upload::Answer(ManifestRange{0, 3}));
  upload.on_sent();
  EXPECT_EQ(upload.next_send(), Upload::Answer(*second));
}

TEST(Upload, RefusesRangesThatNobodyHonestAsks) {
  Upload upload(Layout((1U << 20U) + 5));
  EXPECT_FALSE(upload.on_range_request(0, 0));
  EXPECT_FALSE(upload.on_range_request(0, limits::kRangeBytes + 1));
  EXPECT_FALSE(upload.on_range_request(10, limits::kRangeBytes));  // two pieces
  EXPECT_FALSE(upload.on_range_request(1U << 20U, 6));
  EXPECT_FALSE(upload.on_range_request(~std::uint64_t{0}, 1));
  EXPECT_TRUE(upload.on_range_request(1U << 20U, 5));
}

TEST(Upload, ReadsNoFurtherAheadThanItsBound) {
  Upload upload(Layout(64U << 20U));
  while (upload.wants_request()) ASSERT_TRUE(upload.on_range_request(0, 1));
  EXPECT_FALSE(upload.on_range_request(0, 1));
  std::size_t reads = 0;
  while (upload.next_read()) ++reads;
  EXPECT_EQ(reads, limits::kUploadReadAhead);
}

RC_GTEST_PROP(PieceMap, IsASetOfPieces, ()) {
  const auto size = *rc::gen::inRange<std::uint32_t>(1, 200).as("pieces");
  const auto toggles =
      *rc::gen::container<std::vector<std::uint32_t>>(rc::gen::inRange<std::uint32_t>(0, size))
           .as("toggles");
  PieceMap map(size);
  std::set<std::uint32_t> dumb;
  for (const auto piece : toggles) {
    if (dumb.erase(piece) != 0) {
      map.remove(piece);
    } else {
      dumb.insert(piece);
      map.add(piece);
    }
  }
  std::set<std::uint32_t> listed;
  for (auto piece = map.next(0); piece; piece = map.next(*piece + 1)) listed.insert(*piece);
  RC_ASSERT(listed == dumb);
  RC_ASSERT(map.count() == dumb.size());
  RC_ASSERT(PieceMap::unpack(map.pack(), size) == std::optional(map));
  RC_ASSERT(!PieceMap::unpack(map.pack() + "x", size));
}

}  // namespace
}  // namespace shoal::transfer
