// SPDX-License-Identifier: Apache-2.0
#include "transfer/core/manifest.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

#include "proto/types/limits.h"
#include "proto/types/rng.h"
#include "tests/transfer/core/dumb_tree.h"

namespace shoal::transfer {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;
using Taken = ManifestBuilder::Taken;

Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

FileTree made_up(std::uint32_t pieces) {
  Sha256 sha;
  FileTree tree;
  for (std::uint32_t index = 0; index < pieces; ++index) {
    tree.layer.push_back(sha.of(bytes_of("piece " + std::to_string(index))));
  }
  const Layout layout(pieces * kMiB);
  tree.id = ContentId{root_of_layer(tree.layer, layout), layout.length};
  return tree;
}

TEST(Manifest, OfAFileOfOnePieceFollowsFromItsId) {
  TreeHasher hasher(5);
  ASSERT_TRUE(hasher.update(bytes_of("hello")));
  const FileTree tree = hasher.finish();
  ManifestBuilder builder(tree.id);
  EXPECT_TRUE(builder.whole());
  EXPECT_EQ(builder.layer(), tree.layer);
  EXPECT_FALSE(builder.wanted().has_value());
  EXPECT_EQ(builder.add(0, tree.layer), Taken::kUseless);
}

TEST(Manifest, OfAnEmptyFileIsEmpty) {
  ManifestBuilder builder(ContentId{Sha256().finish(), 0});
  EXPECT_TRUE(builder.whole());
  EXPECT_TRUE(builder.layer().empty());
}

TEST(Manifest, KnowsThatNoEmptyFileHasAnotherRoot) {
  ManifestBuilder builder(ContentId{Hash256{}, 0});
  EXPECT_TRUE(builder.impossible());
  EXPECT_FALSE(builder.whole());
}

TEST(Manifest, IsAskedForInChunksThatAHolderAnswers) {
  const FileTree tree = made_up(2500);
  ManifestBuilder builder(tree.id);
  int chunks = 0;
  while (const auto range = builder.wanted()) {
    const auto answer = answerable(*range, builder.layout());
    ASSERT_EQ(answer, *range);
    const std::span<const Hash256> layer(tree.layer);
    builder.add(range->first, layer.subspan(range->first, range->count));
    ++chunks;
  }
  EXPECT_EQ(chunks, 3);
  ASSERT_TRUE(builder.whole());
  EXPECT_EQ(builder.layer(), tree.layer);
}

TEST(Manifest, WithOneWrongHashIsForgottenWhole) {
  const FileTree tree = made_up(5);
  ManifestBuilder builder(tree.id);
  auto lie = tree.layer;
  lie[3].bytes[0] ^= 1;
  EXPECT_EQ(builder.add(0, lie), Taken::kWrong);
  EXPECT_EQ(builder.wanted(), (ManifestRange{0, 5}));
  EXPECT_EQ(builder.add(0, tree.layer), Taken::kWhole);
}

// The right hashes under a lying length: another number of pieces, so another tree.
TEST(Manifest, WhoseLengthLiesDoesNotFitItsRoot) {
  const FileTree tree = made_up(4);
  for (const std::uint64_t length : {3 * kMiB, 5 * kMiB, 6 * kMiB, 8 * kMiB}) {
    ManifestBuilder builder(ContentId{tree.id.root, length});
    auto layer = tree.layer;
    layer.resize(length / kMiB);
    EXPECT_EQ(builder.add(0, layer), Taken::kWrong) << length;
  }
}

TEST(Manifest, TakesNothingOutOfBounds) {
  const FileTree tree = made_up(3);
  ManifestBuilder builder(tree.id);
  const std::vector<Hash256> many(limits::kManifestChunk + 1);
  EXPECT_EQ(builder.add(0, many), Taken::kUseless);
  EXPECT_EQ(builder.add(3, tree.layer), Taken::kUseless);
  EXPECT_EQ(builder.add(1, tree.layer), Taken::kUseless);
  EXPECT_EQ(builder.add(0xffff'ffff, tree.layer), Taken::kUseless);
  EXPECT_EQ(builder.add(0, {}), Taken::kUseless);
  EXPECT_EQ(builder.wanted(), (ManifestRange{0, 3}));
}

TEST(Manifest, RequestsAreCutToWhatExists) {
  const Layout layout(2000 * kMiB);
  EXPECT_EQ(answerable({0, 5000}, layout), (ManifestRange{0, limits::kManifestChunk}));
  EXPECT_EQ(answerable({1990, 1024}, layout), (ManifestRange{1990, 10}));
  EXPECT_EQ(answerable({0xffff'fff0, 0xffff'ffff}, layout), std::nullopt);
  EXPECT_EQ(answerable({2000, 1}, layout), std::nullopt);
  EXPECT_EQ(answerable({0, 0}, layout), std::nullopt);
  EXPECT_EQ(answerable({0, 1}, Layout(0)), std::nullopt);
}

TEST(Manifest, HashesArePackedAndUnpacked) {
  const auto layer = made_up(4).layer;
  EXPECT_EQ(unpack_hashes(pack_hashes(layer)), layer);
  EXPECT_EQ(unpack_hashes(""), std::vector<Hash256>{});
  EXPECT_EQ(unpack_hashes(std::string(33, 'x')), std::nullopt);
}

RC_GTEST_PROP(Manifest, IsWholeAfterItsChunksInAnyOrderWithRepeats, ()) {
  const auto pieces = *rc::gen::inRange<std::uint32_t>(2, 40).as("pieces");
  const FileTree tree = made_up(pieces);
  ManifestBuilder builder(tree.id);
  std::vector<bool> sent(pieces);
  Rng rng(*rc::gen::arbitrary<std::uint64_t>().as("seed of the order"));
  while (!builder.whole()) {
    const auto first = static_cast<std::uint32_t>(rng.below(pieces));
    const auto count = static_cast<std::uint32_t>(1 + rng.below(pieces - first));
    const auto taken =
        builder.add(first, std::span<const Hash256>(tree.layer).subspan(first, count));
    std::fill_n(sent.begin() + first, count, true);
    const bool all = std::find(sent.begin(), sent.end(), false) == sent.end();
    RC_ASSERT(taken == (all ? Taken::kWhole : Taken::kMore));
  }
  RC_ASSERT(builder.layer() == tree.layer);
}

}  // namespace
}  // namespace shoal::transfer
