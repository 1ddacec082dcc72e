// SPDX-License-Identifier: Apache-2.0
// What a peer signs about its files, so that one signature over many still proves each alone.
//
// The files of an update are the leaves of a Merkle tree (prefixes as in RFC 6962: 0 before a leaf,
// 1 before a node), filled up with zeros to a power of two. The peer signs the seal, which holds
// the root; a search's answer brings a file, its path to the root and the seal.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bootstrap/core/index.h"
#include "proto/types/ids.h"

namespace shoal::bootstrap {

/// The bytes that are signed, as they are written: 86 of them, integers big endian.
struct IndexSeal {
  IndexUpdate::Kind kind = IndexUpdate::Kind::kReplace;
  std::uint64_t sequence = 0;
  std::int64_t issued_unix = 0;
  std::uint32_t files = 0;  ///< that were added
  Hash256 root;             ///< of their tree; zeros: none were
  Hash256 removed;          ///< SHA-256 of the contents that went, one after the other
  friend bool operator==(const IndexSeal&, const IndexSeal&) = default;
};
std::string to_bytes(const IndexSeal& seal);
/// None when they are no seal.
std::optional<IndexSeal> seal_from_bytes(std::string_view bytes);
IndexSeal seal_of(const IndexUpdate& update);

/// Where a file stands under a seal.
struct IndexPath {
  std::uint32_t place = 0;
  std::vector<Hash256> steps;  ///< from its leaf upwards
  friend bool operator==(const IndexPath&, const IndexPath&) = default;
};
/// One for each file that `update` adds, in order.
std::vector<IndexPath> paths_of(const IndexUpdate& update);

/// Whether `entry` stands at that place under the seal.
bool is_under(const IndexSeal& seal, const IndexEntry& entry, const IndexPath& path);

/// The steps of a path as bytes, 32 each.
std::string to_bytes(std::span<const Hash256> steps);
/// None when they are no whole number of hashes, or more than any path has.
std::optional<std::vector<Hash256>> steps_from_bytes(std::string_view bytes);

}  // namespace shoal::bootstrap
