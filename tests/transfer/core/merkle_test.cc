// SPDX-License-Identifier: Apache-2.0
#include "transfer/core/merkle.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>

#include "proto/types/limits.h"
#include "tests/transfer/core/dumb_tree.h"

namespace shoal::transfer {
namespace {

using testing::dumb_file_root;
using testing::dumb_layer;
using testing::some_bytes;

constexpr std::uint64_t kMiB = 1 << 20;

Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

FileTree tree_of(const std::string& file) {
  TreeHasher hasher(file.size());
  EXPECT_TRUE(hasher.update(bytes_of(file)));
  return hasher.finish();
}

void expect_like_the_dumb_one(const std::string& file) {
  const FileTree tree = tree_of(file);
  const Layout layout(file.size());
  EXPECT_EQ(tree.id.root, dumb_file_root(file));
  EXPECT_EQ(tree.id.length, file.size());
  EXPECT_EQ(tree.layer, dumb_layer(file, layout.piece_length));
  EXPECT_EQ(root_of_layer(tree.layer, layout), tree.id.root);
  for (std::uint32_t index = 0; index < layout.pieces; ++index) {
    const std::string piece = file.substr(layout.offset(index), layout.size(index));
    EXPECT_EQ(piece_hash(bytes_of(piece), layout), tree.layer[index]) << "piece " << index;
  }
}

class EdgeSize : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(EdgeSize, HasTheTreeOfTheDumbImplementation) {
  expect_like_the_dumb_one(some_bytes(GetParam(), GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Merkle, EdgeSize,
                         ::testing::Values(0, 1, 16383, 16384, 16385, 32768, 49151, 49152, 49153,
                                           kMiB - 1, kMiB, kMiB + 1, 2 * kMiB, 3 * kMiB - 1,
                                           3 * kMiB + 16385, 5 * kMiB, 8 * kMiB + 1));

TEST(Merkle, NamesAnEmptyFileByTheHashOfNothing) {
  const FileTree tree = tree_of("");
  EXPECT_EQ(tree.id.root, Sha256().finish());
  EXPECT_EQ(tree.id.length, 0U);
  EXPECT_TRUE(tree.layer.empty());
}

TEST(Merkle, NamesAFileOfOneBlockByItsHash) {
  const std::string file = some_bytes(16384, 3);
  EXPECT_EQ(tree_of(file).id.root, Sha256().of(bytes_of(file)));
}

TEST(Merkle, TakesMissingLeavesAsZeroBytes) {
  EXPECT_EQ(missing_root(0), Hash256{});
  Sha256 sha;
  EXPECT_EQ(missing_root(2), sha.of(missing_root(1), missing_root(1)));
  EXPECT_EQ(missing_root(1), sha.of(Hash256{}, Hash256{}));
}

// The attack: a file whose bytes are two hashes has the root of the file that they hash. The length
// tells the two apart, and no piece of one passes for a piece of the other.
TEST(Merkle, GivesTheSameRootToAFileMadeOfHashesButNotTheSameName) {
  const std::string real = some_bytes(2 * kBlockBytes, 7);
  Sha256 sha;
  std::string fake;
  for (std::size_t block = 0; block < 2; ++block) {
    const Hash256 leaf = sha.of(bytes_of(real).subspan(block * kBlockBytes, kBlockBytes));
    fake.append(leaf.bytes.begin(), leaf.bytes.end());
  }
  ASSERT_EQ(fake.size(), 64U);
  const ContentId real_id = tree_of(real).id;
  const ContentId fake_id = tree_of(fake).id;
  EXPECT_EQ(real_id.root, fake_id.root);
  EXPECT_NE(real_id, fake_id);
  // Sent as the piece of the real file, which is two blocks high, it is found out.
  EXPECT_NE(piece_hash(bytes_of(fake), Layout(real.size())), real_id.root);
  EXPECT_EQ(piece_hash(bytes_of(real), Layout(real.size())), real_id.root);
}

TEST(Layout, DoublesThePieceWhileThereWouldBeMoreThan4096) {
  EXPECT_EQ(piece_length(0), kMiB);
  EXPECT_EQ(piece_length(1), kMiB);
  EXPECT_EQ(piece_length(4096 * kMiB), kMiB);
  EXPECT_EQ(piece_length(4096 * kMiB + 1), 2 * kMiB);
  EXPECT_EQ(piece_length(2 * 4096 * kMiB), 2 * kMiB);
  EXPECT_EQ(piece_length(2 * 4096 * kMiB + 1), 4 * kMiB);
  EXPECT_EQ(piece_length(8 * 4096 * kMiB + 1), 16 * kMiB);
  EXPECT_EQ(piece_length(limits::kFileBytesMax), 16 * kMiB);
  EXPECT_EQ(Layout(4096 * kMiB).pieces, 4096U);
  EXPECT_EQ(Layout(4096 * kMiB - 1).pieces, 4096U);
  EXPECT_EQ(Layout(4096 * kMiB + 1).pieces, 2049U);
  EXPECT_EQ(Layout(limits::kFileBytesMax).pieces, 262'144U);
}

RC_GTEST_PROP(Layout, CutsAFileWithoutGapOrOverlap, ()) {
  const auto length = *rc::gen::inRange<std::uint64_t>(0, 600 * kMiB).as("length");
  const Layout layout(length);
  std::uint64_t at = 0;
  for (std::uint32_t index = 0; index < layout.pieces; ++index) {
    RC_ASSERT(layout.offset(index) == at);
    RC_ASSERT(layout.size(index) > 0U);
    RC_ASSERT(layout.piece_of(at) == index);
    at += layout.size(index);
    RC_ASSERT(layout.piece_of(at - 1) == index);
  }
  RC_ASSERT(at == length);
}

RC_GTEST_PROP(Merkle, AgreesWithTheDumbTreeHoweverTheBytesArrive, ()) {
  // Mostly around block edges; the edge sizes above cover several pieces.
  const auto blocks = *rc::gen::inRange<std::uint64_t>(0, 12).as("blocks");
  const auto extra = *rc::gen::inRange<std::uint64_t>(0, 40).as("extra bytes");
  const auto seed = *rc::gen::arbitrary<std::uint64_t>().as("seed");
  const std::string file = some_bytes(blocks * kBlockBytes + extra, seed);
  TreeHasher hasher(file.size());
  std::size_t at = 0;
  while (at < file.size()) {
    const auto part = *rc::gen::inRange<std::size_t>(0, 40'000).as("part");
    const std::size_t take = std::min(part, file.size() - at);
    RC_ASSERT(hasher.update(bytes_of(file).subspan(at, take)));
    at += take;
  }
  const FileTree tree = hasher.finish();
  RC_ASSERT(tree.id.root == dumb_file_root(file));
  RC_ASSERT(tree.layer == dumb_layer(file, kMiB));
}

RC_GTEST_PROP(Merkle, ChangesItsRootWithAnyBit, ()) {
  const auto length = *rc::gen::inRange<std::uint64_t>(1, 4 * kBlockBytes).as("length");
  std::string file = some_bytes(length, 11);
  const Hash256 before = tree_of(file).id.root;
  const auto at = *rc::gen::inRange<std::uint64_t>(0, length).as("byte");
  const auto bit = *rc::gen::inRange(0, 8).as("bit");
  file[at] = static_cast<char>(file[at] ^ (1 << bit));
  RC_ASSERT(tree_of(file).id.root != before);
}

// The layer of a file at the edge of 4,096 pieces, without its bytes: the root follows from hashes.
TEST(Merkle, FoldsLayersAroundTheLargestNumberOfPieces) {
  Sha256 sha;
  for (const std::uint32_t pieces : {2U, 3U, 4095U, 4096U}) {
    const Layout layout(pieces * kMiB);
    ASSERT_EQ(layout.pieces, pieces);
    std::vector<Hash256> layer;
    for (std::uint32_t index = 0; index < pieces; ++index) {
      layer.push_back(sha.of(bytes_of(std::to_string(index))));
    }
    std::vector<Hash256> nodes = layer;
    std::size_t width = 1;
    while (width < nodes.size()) width *= 2;
    nodes.resize(width, missing_root(6));  // 1 MiB = 2^6 blocks
    EXPECT_EQ(root_of_layer(layer, layout), testing::dumb_root(nodes)) << pieces << " pieces";
  }
}

TEST(Merkle, RefusesMoreBytesThanTheFileHas) {
  TreeHasher hasher(3);
  EXPECT_FALSE(hasher.update(bytes_of("four")));
  EXPECT_EQ(hasher.seen(), 0U);
  EXPECT_TRUE(hasher.update(bytes_of("thr")));
  EXPECT_FALSE(hasher.update(bytes_of("e")));
  EXPECT_EQ(hasher.finish().id.root, Sha256().of(bytes_of("thr")));
}

}  // namespace
}  // namespace shoal::transfer
