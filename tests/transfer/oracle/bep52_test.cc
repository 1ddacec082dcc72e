// SPDX-License-Identifier: Apache-2.0
// Our trees against those of libtorrent, a program that knows nothing of ours.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "proto/types/rng.h"
#include "proto/types/text.h"
#include "tests/support/temp_folder.h"
#include "transfer/library/hash_file.h"

namespace shoal::transfer {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;

/// Sizes at which something changes: bytes of a hash, blocks, powers of two of blocks, pieces.
std::set<std::uint64_t> edge_sizes() {
  std::set<std::uint64_t> sizes{0, 1, 2};
  const auto around = [&](std::uint64_t edge) { sizes.insert({edge - 1, edge, edge + 1}); };
  for (const std::uint64_t bytes : {32U, 55U, 64U, 128U, 1000U, 4096U}) around(bytes);
  for (std::uint64_t blocks = 1; blocks <= 24; ++blocks) around(blocks * kBlockBytes);
  for (const std::uint64_t blocks : {31U, 32U, 33U, 48U, 63U}) around(blocks * kBlockBytes);
  for (std::uint64_t pieces = 1; pieces <= 9; ++pieces) {
    around(pieces * kMiB);
    around(pieces * kMiB + kBlockBytes);
    around(pieces * kMiB + kMiB / 2);
  }
  Rng rng(1);
  while (sizes.size() < 198) sizes.insert(rng.below(5 * kMiB));
  return sizes;
}

struct Tree {
  std::uint64_t length = 0;
  std::string root;
  std::string layer;
};

class Bep52 : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(fs::create_directory(base_ + "/files")); }

  [[nodiscard]] std::string path(std::uint64_t size) const {
    return base_ + "/files/" + std::to_string(size);
  }

  // What libtorrent says, by file name.
  std::map<std::string, Tree> theirs(std::uint64_t piece_length) {
    const std::string said = base_ + "/said";
    // Debian's own python: the package's module is for no other.
    const std::string command = "/usr/bin/python3 tests/transfer/oracle/bep52.py " + base_ +
                                "/files " + std::to_string(piece_length) + " > " + said;
    EXPECT_EQ(std::system(command.c_str()), 0) << "is python3-libtorrent installed?";
    std::map<std::string, Tree> trees;
    std::ifstream in(said);
    std::string name;
    for (Tree one; in >> name >> one.length >> one.root >> one.layer;) trees[name] = one;
    return trees;
  }

  // What this peer says when it shares the folder.
  std::map<std::string, FileTree> ours() {
    std::map<std::string, FileTree> trees;
    auto root = open_root(base_ + "/files");
    EXPECT_TRUE(root);
    walk(*root, {}, {},
         {[&](const Met& met) {
            auto hashed = hash_file(met, [](std::uint64_t) { return true; });
            EXPECT_TRUE(hashed) << met.relative;
            if (hashed) trees[met.relative] = std::move(hashed->tree);
            return true;
          },
          [](const std::string& relative, const std::string& why) {
            ADD_FAILURE() << relative << ": " << why;
          }});
    return trees;
  }

  void compare_all(std::uint64_t piece_length, std::size_t count) {
    const auto own = ours();
    const auto trees = theirs(piece_length);
    ASSERT_EQ(own.size(), count);
    ASSERT_EQ(trees.size(), count);
    for (const auto& [name, tree] : trees) {
      SCOPED_TRACE(name + " bytes");
      ASSERT_TRUE(own.contains(name));
      ASSERT_EQ(tree.length, std::stoull(name));
      compare(own.at(name), tree);
    }
  }

  static void compare(const FileTree& own, const Tree& tree) {
    EXPECT_EQ(own.id.length, tree.length);
    if (tree.length == 0) {
      EXPECT_EQ(tree.root, "-");
      EXPECT_EQ(own.id.root, Sha256().finish());
      return;
    }
    EXPECT_EQ(to_hex(own.id.root.bytes), tree.root);
    std::string layer;
    for (const Hash256& hash : own.layer) layer += to_hex(hash.bytes);
    // BEP 52 leaves out the layer of a file that is one piece; ours is the root.
    EXPECT_EQ(layer, own.layer.size() == 1 ? tree.root : tree.layer);
    EXPECT_EQ(tree.layer == "-", own.layer.size() == 1);
  }

  const tests::TempFolder folder_;
  const std::string base_ = folder_.path();
};

TEST_F(Bep52, RootsAndManifestsOf200FilesOfEdgeSizesAreThoseOfLibtorrent) {
  const auto sizes = edge_sizes();
  ASSERT_EQ(sizes.size(), 198U);
  for (const std::uint64_t size : sizes) {
    Rng rng(size);
    std::string bytes(size, '\0');
    for (auto& byte : bytes) byte = static_cast<char>(rng.next());
    std::ofstream(path(size), std::ios::binary) << bytes;
  }
  // Two with holes: most of their blocks are alike.
  for (const std::uint64_t size : {256 * kMiB, 256 * kMiB + 1}) {
    std::ofstream(path(size), std::ios::binary) << "not all the same";
    fs::resize_file(path(size), size);
  }
  compare_all(kMiB, sizes.size() + 2);
}

TEST_F(Bep52, AFileOfTwoMiBPiecesHasTheRootAndManifestOfLibtorrent) {
  const std::uint64_t size = 4096 * kMiB + 1;  // the first length with longer pieces
  ASSERT_EQ(piece_length(size), 2 * kMiB);
  std::ofstream(path(size), std::ios::binary) << "and then holes";
  fs::resize_file(path(size), size);
  compare_all(2 * kMiB, 1);
}

}  // namespace
}  // namespace shoal::transfer
