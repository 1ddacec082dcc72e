// SPDX-License-Identifier: Apache-2.0
#include "tests/support/live_bytes.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {

constexpr std::size_t kHead = alignof(std::max_align_t);  // in front of each block: its length
std::atomic<std::size_t> live = 0;

}  // namespace

void* operator new(std::size_t size) {
  auto* const block = static_cast<std::byte*>(std::malloc(kHead + size));
  if (block == nullptr) throw std::bad_alloc();
  std::memcpy(block, &size, sizeof size);
  live += size;
  return block + kHead;
}

// Sanitizers have one of their own, which does not call the one above.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  try {
    return operator new(size);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void operator delete(void* given) noexcept {
  if (given == nullptr) return;
  auto* const block = static_cast<std::byte*>(given) - kHead;
  std::size_t size = 0;
  std::memcpy(&size, block, sizeof size);
  live -= size;
  std::free(block);
}

void operator delete(void* given, std::size_t) noexcept { operator delete(given); }
void operator delete(void* given, const std::nothrow_t&) noexcept { operator delete(given); }

namespace shoal::tests {

std::size_t live_bytes() { return live; }

}  // namespace shoal::tests
