// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/types/ids.h"
#include "transfer/core/merkle.h"

namespace shoal::transfer {

/// A run of hashes in a manifest: pieces `first` to `first + count - 1`.
struct ManifestRange {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  friend bool operator==(const ManifestRange&, const ManifestRange&) = default;
};

/// The part of `range` that a holder sends in one answer: cut to the manifest and to
/// limits::kManifestChunk hashes; none when nothing of it exists.
std::optional<ManifestRange> answerable(ManifestRange range, const Layout& layout);

/// Hashes as they travel and as they are stored, 32 bytes each, and back. Unpacking gives none when
/// the size is no multiple of 32.
std::string pack_hashes(std::span<const Hash256> hashes);
std::optional<std::vector<Hash256>> unpack_hashes(std::string_view bytes);

/// The manifest of a content that somebody else has, collected chunk by chunk in any order.
///
/// Nothing of it is believed before the whole fits the root: then, and only then, it is right.
class ManifestBuilder {
 public:
  enum class Taken : std::uint8_t {
    kMore,     ///< fits, some chunks are still to come
    kWhole,    ///< the manifest is whole and right: layer()
    kUseless,  ///< out of bounds: nobody honest sends it. Nothing was taken
    kWrong,    ///< whole, and not what the root names; all chunks are forgotten
  };

  /// Requires id.length <= limits::kFileBytesMax. A file of at most one piece needs no chunk: its
  /// manifest follows from its id, and whole() holds from the start unless an empty file's root is
  /// not that of nothing: then no bytes fit the id, and impossible() holds.
  explicit ManifestBuilder(const ContentId& id);

  [[nodiscard]] const Layout& layout() const { return layout_; }
  [[nodiscard]] bool whole() const { return whole_; }
  [[nodiscard]] bool impossible() const { return impossible_; }
  /// The next chunk to ask for, the lowest missing one; none when whole.
  [[nodiscard]] std::optional<ManifestRange> wanted() const;
  Taken add(std::uint32_t first, std::span<const Hash256> hashes);
  /// Requires whole().
  [[nodiscard]] const std::vector<Hash256>& layer() const;

 private:
  ContentId id_;
  Layout layout_;
  std::vector<Hash256> layer_;
  std::vector<bool> have_;
  std::uint32_t missing_;
  bool whole_ = false;
  bool impossible_ = false;
};

}  // namespace shoal::transfer
