// SPDX-License-Identifier: Apache-2.0
#include "sim/engine/huge_block.h"

#include <sys/mman.h>

#include <cstdint>
#include <new>

namespace shoal::sim {
namespace {

constexpr std::size_t kHuge = std::size_t{2} << 20;

}  // namespace

HugeBlock::HugeBlock(std::size_t bytes, std::size_t used) {
  // Mapped with room to spare, and cut to whole huge pages if it is large enough to have any.
  const std::size_t spare = bytes >= kHuge ? kHuge : 0;
  const std::size_t mapped = bytes + spare;
  void* const map =
      mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED) throw std::bad_alloc();
  auto* const first = static_cast<std::byte*>(map);
  const std::size_t skipped =
      spare == 0 ? 0 : (kHuge - reinterpret_cast<std::uintptr_t>(map) % kHuge) % kHuge;
  if (skipped > 0) munmap(first, skipped);
  begin_ = first + skipped;
  bytes_ = mapped - skipped;
  if (used >= kHuge) madvise(begin_, used / kHuge * kHuge, MADV_HUGEPAGE);
}

HugeBlock::~HugeBlock() {
  if (begin_ != nullptr) munmap(begin_, bytes_);
}

}  // namespace shoal::sim
