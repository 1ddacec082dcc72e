// SPDX-License-Identifier: Apache-2.0
#include "sim/engine/parcel.h"

namespace shoal::sim {

Chunk* ChunkStore::more() {
  auto slab = std::make_unique_for_overwrite<Chunk[]>(kSlabChunks);
  for (std::size_t i = 0; i < kSlabChunks; ++i) {
    slab[i].next = i + 1 < kSlabChunks ? &slab[i + 1] : nullptr;
  }
  Chunk* const first = slab.get();
  const std::lock_guard lock(guard_);
  slabs_.push_back(std::move(slab));
  return first;
}

std::size_t ChunkStore::bytes() const {
  const std::lock_guard lock(guard_);
  return slabs_.size() * kSlabChunks * sizeof(Chunk);
}

}  // namespace shoal::sim
