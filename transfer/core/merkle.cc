// SPDX-License-Identifier: Apache-2.0
#include "transfer/core/merkle.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "proto/types/assert.h"
#include "proto/types/limits.h"
#include "transfer/core/sha256_lanes.h"

namespace shoal::transfer {
namespace {

constexpr std::uint64_t kPieceMin = std::uint64_t{1} << 20;
constexpr std::uint64_t kPieceMax = std::uint64_t{16} << 20;
constexpr std::uint64_t kPiecesWanted = 4096;

constexpr std::uint64_t divide_up(std::uint64_t value, std::uint64_t by) {
  return value / by + (value % by != 0 ? 1 : 0);
}

// Levels of the smallest full binary tree with that many leaves.
unsigned height_of(std::uint64_t leaves) {
  return leaves <= 1 ? 0 : static_cast<unsigned>(std::bit_width(leaves - 1));
}

}  // namespace

std::uint32_t piece_length(std::uint64_t length) {
  std::uint64_t bytes = kPieceMin;
  while (bytes < kPieceMax && divide_up(length, bytes) > kPiecesWanted) bytes *= 2;
  return static_cast<std::uint32_t>(bytes);
}

Layout::Layout(std::uint64_t file_length)
    : length(file_length),
      piece_length(transfer::piece_length(file_length)),
      pieces(static_cast<std::uint32_t>(divide_up(file_length, piece_length))) {
  SHOAL_ASSERT(file_length <= limits::kFileBytesMax);
}

std::uint64_t Layout::offset(std::uint32_t index) const {
  SHOAL_ASSERT(index < pieces);
  return std::uint64_t{index} * piece_length;
}

std::uint32_t Layout::size(std::uint32_t index) const {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(piece_length, length - offset(index)));
}

std::uint32_t Layout::piece_of(std::uint64_t at) const {
  SHOAL_ASSERT(at < length);
  return static_cast<std::uint32_t>(at / piece_length);
}

unsigned Layout::piece_height() const {
  return height_of(divide_up(std::min<std::uint64_t>(length, piece_length), kBlockBytes));
}

Hash256 missing_root(unsigned levels) {
  static const auto roots = [] {
    std::array<Hash256, 65> made{};
    Sha256 sha;
    for (std::size_t level = 1; level < made.size(); ++level) {
      made[level] = sha.of(made[level - 1], made[level - 1]);
    }
    return made;
  }();
  return roots.at(levels);
}

void Folder::add(const Hash256& hash, Sha256& sha) {
  Hash256 node = hash;
  // As in a binary counter: each trailing one bit is a full subtree that this one completes.
  for (std::uint64_t bits = count_; (bits & 1) != 0; bits >>= 1) {
    node = sha.of(waiting_.back(), node);
    waiting_.pop_back();
  }
  waiting_.push_back(node);
  ++count_;
}

Hash256 Folder::finish(unsigned height, Sha256& sha) {
  SHOAL_ASSERT(height < 64 && count_ <= std::uint64_t{1} << height);
  if (count_ == 0) return missing_root(base_ + height);
  Hash256 node{};
  bool have = false;
  for (unsigned level = 0; level < height; ++level) {
    const Hash256 missing = missing_root(base_ + level);
    if ((count_ >> level & 1) != 0) {
      node = sha.of(waiting_.back(), have ? node : missing);
      waiting_.pop_back();
      have = true;
    } else if (have) {
      node = sha.of(node, missing);
    }
  }
  if (!have) node = waiting_.back();
  waiting_.clear();
  count_ = 0;
  return node;
}

void PieceHasher::update(Bytes bytes) {
  SHOAL_ASSERT(bytes.size() <= layout_.piece_length - size_);
  size_ += static_cast<std::uint32_t>(bytes.size());
  while (!bytes.empty()) {
    if (in_block_ == 0 && bytes.size() >= kShaLanes * kBlockBytes) {
      const Bytes blocks = bytes.first(kShaLanes * kBlockBytes);
      for (const Hash256& leaf : sha256_lanes(blocks, sha_)) leaves_.add(leaf, sha_);
      bytes = bytes.subspan(blocks.size());
      continue;
    }
    const std::size_t take = std::min<std::size_t>(bytes.size(), kBlockBytes - in_block_);
    sha_.update(bytes.first(take));
    bytes = bytes.subspan(take);
    in_block_ += static_cast<std::uint32_t>(take);
    if (in_block_ < kBlockBytes) return;
    leaves_.add(sha_.finish(), sha_);
    in_block_ = 0;
  }
}

Hash256 PieceHasher::finish() {
  SHOAL_ASSERT(size_ > 0);
  if (in_block_ > 0) leaves_.add(sha_.finish(), sha_);
  in_block_ = 0;
  size_ = 0;
  return leaves_.finish(layout_.piece_height(), sha_);
}

Hash256 piece_hash(Bytes piece, const Layout& layout) {
  PieceHasher hasher(layout);
  hasher.update(piece);
  return hasher.finish();
}

TreeHasher::TreeHasher(std::uint64_t length) : layout_(length), piece_(layout_) {
  layer_.reserve(layout_.pieces);
}

bool TreeHasher::update(Bytes bytes) {
  if (bytes.size() > layout_.length - seen_) return false;
  seen_ += bytes.size();
  while (!bytes.empty()) {
    const std::size_t take =
        std::min<std::size_t>(bytes.size(), layout_.piece_length - piece_.size());
    piece_.update(bytes.first(take));
    bytes = bytes.subspan(take);
    if (piece_.size() == layout_.piece_length) layer_.push_back(piece_.finish());
  }
  return true;
}

FileTree TreeHasher::finish() {
  SHOAL_ASSERT(seen_ == layout_.length);
  if (piece_.size() > 0) layer_.push_back(piece_.finish());
  FileTree tree;
  tree.id = ContentId{root_of_layer(layer_, layout_), layout_.length};
  tree.layer = std::move(layer_);
  return tree;
}

Hash256 root_of_layer(const std::vector<Hash256>& layer, const Layout& layout) {
  SHOAL_ASSERT(layer.size() == layout.pieces);
  Sha256 sha;
  if (layer.empty()) return sha.finish();
  Folder folder(layout.piece_height());
  for (const Hash256& hash : layer) folder.add(hash, sha);
  return folder.finish(height_of(layer.size()), sha);
}

}  // namespace shoal::transfer
