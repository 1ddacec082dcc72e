// SPDX-License-Identifier: Apache-2.0
#include "transfer/core/manifest.h"

#include <algorithm>
#include <cstddef>

#include "proto/types/assert.h"
#include "proto/types/limits.h"

namespace shoal::transfer {

std::optional<ManifestRange> answerable(ManifestRange range, const Layout& layout) {
  if (range.first >= layout.pieces || range.count == 0) return std::nullopt;
  const std::uint32_t left = layout.pieces - range.first;
  range.count = std::min({range.count, left, limits::kManifestChunk});
  return range;
}

std::string pack_hashes(std::span<const Hash256> hashes) {
  std::string bytes;
  bytes.reserve(hashes.size() * Hash256::kSize);
  for (const Hash256& hash : hashes) bytes.append(hash.bytes.begin(), hash.bytes.end());
  return bytes;
}

std::optional<std::vector<Hash256>> unpack_hashes(std::string_view bytes) {
  if (bytes.size() % Hash256::kSize != 0) return std::nullopt;
  std::vector<Hash256> hashes(bytes.size() / Hash256::kSize);
  for (Hash256& hash : hashes) {
    std::transform(bytes.begin(), bytes.begin() + Hash256::kSize, hash.bytes.begin(),
                   [](char byte) { return static_cast<std::uint8_t>(byte); });
    bytes.remove_prefix(Hash256::kSize);
  }
  return hashes;
}

ManifestBuilder::ManifestBuilder(const ContentId& id)
    : id_(id), layout_(id.length), missing_(layout_.pieces) {
  if (layout_.pieces > 1) {
    layer_.resize(layout_.pieces);
    have_.resize(layout_.pieces);
    return;
  }
  if (layout_.pieces == 1) layer_.push_back(id.root);
  missing_ = 0;
  whole_ = root_of_layer(layer_, layout_) == id.root;
  impossible_ = !whole_;
}

std::optional<ManifestRange> ManifestBuilder::wanted() const {
  if (missing_ == 0) return std::nullopt;
  const auto gap = std::find(have_.begin(), have_.end(), false);
  const auto end = std::find(gap, have_.end(), true);
  const auto first = static_cast<std::uint32_t>(gap - have_.begin());
  const auto count = static_cast<std::uint32_t>(end - gap);
  return ManifestRange{first, std::min(count, limits::kManifestChunk)};
}

ManifestBuilder::Taken ManifestBuilder::add(std::uint32_t first, std::span<const Hash256> hashes) {
  const bool fits = !hashes.empty() && hashes.size() <= limits::kManifestChunk &&
                    first < layout_.pieces && hashes.size() <= layout_.pieces - first;
  if (!fits || missing_ == 0) return Taken::kUseless;
  for (std::size_t at = 0; at < hashes.size(); ++at) {
    missing_ -= have_[first + at] ? 0U : 1U;
    have_[first + at] = true;
    layer_[first + at] = hashes[at];
  }
  if (missing_ > 0) return Taken::kMore;
  whole_ = root_of_layer(layer_, layout_) == id_.root;
  if (whole_) return Taken::kWhole;
  std::fill(have_.begin(), have_.end(), false);
  missing_ = layout_.pieces;
  return Taken::kWrong;
}

const std::vector<Hash256>& ManifestBuilder::layer() const {
  SHOAL_ASSERT(whole_);
  return layer_;
}

}  // namespace shoal::transfer
