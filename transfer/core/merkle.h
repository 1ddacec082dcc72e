// SPDX-License-Identifier: Apache-2.0
// The tree that names a file: BitTorrent v2's per-file Merkle tree (BEP 52, "pieces root").
//
// Leaves are SHA-256 of blocks of 16 KiB, the last one as long as it is; missing leaves up to a
// power of two are 32 zero bytes. The hashes of the pieces are one layer of that tree, so a piece
// is verified without the rest of the file, and the layer (the manifest) against the root.
// Differs from BEP 52: the piece length is a function of the file's length, not of a torrent; the
// manifest of a file of one piece is its root; an empty file has the root SHA-256 of nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "proto/types/ids.h"
#include "transfer/core/sha256.h"

namespace shoal::transfer {

inline constexpr std::size_t kBlockBytes = 16 * 1024;

/// How a file of `length` bytes is cut into pieces: 1 MiB, doubled while there would be more than
/// 4,096 of them, at most 16 MiB. Requires length <= limits::kFileBytesMax, so that no number that
/// a peer sends makes us allocate a table.
struct Layout {
  explicit Layout(std::uint64_t file_length);

  std::uint64_t length;
  std::uint32_t piece_length;  ///< bytes; all pieces but the last have them
  std::uint32_t pieces;        ///< 0 for an empty file

  /// Where piece `index` starts. Requires index < pieces, as below.
  [[nodiscard]] std::uint64_t offset(std::uint32_t index) const;
  /// Bytes of piece `index`.
  [[nodiscard]] std::uint32_t size(std::uint32_t index) const;
  /// The piece that holds byte `at`. Requires at < length.
  [[nodiscard]] std::uint32_t piece_of(std::uint64_t at) const;
  /// Levels between a leaf and a piece's hash. In a file of one piece that is the root, and the
  /// tree is only as high as the file needs.
  [[nodiscard]] unsigned piece_height() const;

  friend bool operator==(const Layout&, const Layout&) = default;
};

/// The bytes per piece of a file of that length, see Layout.
std::uint32_t piece_length(std::uint64_t length);

/// The root of a tree of height `levels` whose leaves are all missing: 32 zero bytes at 0.
Hash256 missing_root(unsigned levels);

/// Folds hashes of one level, given from left to right, into the root above them.
/// Cost: one hash per added one; 64 bytes of state per level in use.
class Folder {
 public:
  /// `base`: levels between a leaf and the hashes that are added.
  explicit Folder(unsigned base) : base_(base) {}

  void add(const Hash256& hash, Sha256& sha);
  /// The root `height` levels above the added ones, the rest taken as missing; empties the folder.
  /// Requires that no more than 2^height were added.
  Hash256 finish(unsigned height, Sha256& sha);
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  unsigned base_;
  std::uint64_t count_ = 0;
  std::vector<Hash256> waiting_;  ///< full subtrees without a right neighbour, highest first
};

/// Hashes one piece that arrives in parts of any size. Reusable after `finish`.
class PieceHasher {
 public:
  explicit PieceHasher(const Layout& layout) : layout_(layout), leaves_(0) {}

  /// The next bytes of the piece. Requires that all of them fit into one piece.
  void update(Bytes bytes);
  [[nodiscard]] std::uint32_t size() const { return size_; }
  /// The hash of what was given, as it stands in the manifest. Requires at least one byte.
  Hash256 finish();

 private:
  Layout layout_;
  Sha256 sha_;
  Folder leaves_;
  std::uint32_t size_ = 0;
  std::uint32_t in_block_ = 0;  ///< bytes of an unfinished block
};

/// The hash of one whole piece, as it stands in the manifest of a file of that layout.
Hash256 piece_hash(Bytes piece, const Layout& layout);

/// A file's name and its manifest: one hash per piece.
struct FileTree {
  ContentId id;
  std::vector<Hash256> layer;
};

/// Hashes a file of a known length that arrives from start to end in parts of any size.
class TreeHasher {
 public:
  explicit TreeHasher(std::uint64_t length);

  /// The next bytes. False, and nothing is taken, when there are more than `length`.
  [[nodiscard]] bool update(Bytes bytes);
  [[nodiscard]] std::uint64_t seen() const { return seen_; }
  /// Requires seen() == length. Call once.
  FileTree finish();

 private:
  Layout layout_;
  PieceHasher piece_;
  std::vector<Hash256> layer_;
  std::uint64_t seen_ = 0;
};

/// The root of a file of `layout` whose manifest is `layer`. Requires layer.size() ==
/// layout.pieces. A manifest from a peer is right if and only if this is the root that was asked
/// for.
Hash256 root_of_layer(const std::vector<Hash256>& layer, const Layout& layout);

}  // namespace shoal::transfer
