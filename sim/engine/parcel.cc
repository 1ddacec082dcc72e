// SPDX-License-Identifier: Apache-2.0
#include "sim/engine/parcel.h"

#include <new>

namespace shoal::sim {
namespace {

// Small at first, for small simulations; then so large that they lie in large pages.
constexpr std::size_t kSmallSlab = 128 * sizeof(Chunk);
constexpr std::size_t kSmallSlabs = 8;
constexpr std::size_t kLargeSlab = 1024 * sizeof(Chunk);

}  // namespace

Chunk* ChunkStore::more() {
  const std::lock_guard lock(guard_);
  const std::size_t bytes = slabs_.size() < kSmallSlabs ? kSmallSlab : kLargeSlab;
  slabs_.emplace_back(bytes, bytes);
  auto* const first = reinterpret_cast<Chunk*>(slabs_.back().data());
  const std::size_t chunks = bytes / sizeof(Chunk);
  for (std::size_t i = 0; i < chunks; ++i) {
    ::new (first + i) Chunk;
    first[i].next = i + 1 < chunks ? first + i + 1 : nullptr;
  }
  return first;
}

}  // namespace shoal::sim
