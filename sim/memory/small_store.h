// SPDX-License-Identifier: Apache-2.0
// What small_memory.cc hands out and small_release.cc gives back. Internal to this folder.
#pragma once

#include <malloc.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>
#include <utility>

#include "proto/types/limits.h"

namespace shoal::sim::small {

// Sizes: of 16 bytes more each up to 512, then eight to each doubling.
constexpr std::size_t kGrain = 16;
constexpr std::size_t kFine = 512;
constexpr std::size_t kFineClasses = kFine / kGrain + 1;
constexpr std::size_t kSteps = 8;
constexpr std::size_t kDoublings = 5;
constexpr std::size_t kMost = kFine << kDoublings;
constexpr std::size_t kClasses = kFineClasses + kDoublings * kSteps;
constexpr std::size_t kSpan = std::size_t{64} << 10;
constexpr std::size_t kHuge = std::size_t{2} << 20;
constexpr std::size_t kSpans = std::size_t{1} << 20;  // 64 GiB of addresses; memory as it is used
constexpr std::size_t kCaches = 512;
// The first spans of each size lie in small pages, for small simulations. Further ones are taken a
// huge page at a time: what comes and goes shares no huge page with what stays, so that pages that
// are given back leave those of the rest whole.
constexpr std::size_t kTogether = kHuge / kSpan;
constexpr std::size_t kPlainEach = 16;
constexpr std::size_t kPlain = (kClasses * kPlainEach + kTogether - 1) / kTogether * kTogether;

/// The smallest class whose objects have so many bytes. Requires size <= kMost.
constexpr std::size_t class_of(std::size_t size) {
  if (size <= kFine) return (std::max<std::size_t>(size, 1) + kGrain - 1) / kGrain;
  const auto doubling = static_cast<std::size_t>(std::bit_width((size - 1) / kFine)) - 1;
  const std::size_t step = (kFine << doubling) / kSteps;
  return kFineClasses + doubling * kSteps + (size - (kFine << doubling) - 1) / step;
}
constexpr std::size_t size_of(std::size_t size_class) {
  if (size_class < kFineClasses) return size_class * kGrain;
  const std::size_t doubling = (size_class - kFineClasses) / kSteps;
  const std::size_t step = (kFine << doubling) / kSteps;
  return (kFine << doubling) + ((size_class - kFineClasses) % kSteps + 1) * step;
}
static_assert(class_of(kFine + 1) == kFineClasses && class_of(kMost) == kClasses - 1);
static_assert(size_of(kFineClasses) == 576 && size_of(kClasses - 1) == kMost);
/// Free objects of a size that a thread keeps.
constexpr unsigned kept_most(std::size_t size_class) {
  constexpr std::size_t kBytes = std::size_t{256} << 10;
  return static_cast<unsigned>(kBytes / std::max(size_of(size_class), kFine));
}

/// A free object. `chain` is used by the first of each chain of free objects that the store keeps:
/// the next such chain, and in the highest bits how many objects this one has, since they lie far
/// apart and counting them would wait for each.
struct Free {
  static constexpr unsigned kCountShift = 48;  // addresses are shorter

  Free* next;
  std::uintptr_t chain;

  void head(Free* next_chain, unsigned count) {
    chain = reinterpret_cast<std::uintptr_t>(next_chain) | std::uintptr_t{count} << kCountShift;
  }
  [[nodiscard]] Free* next_chain() const {
    return reinterpret_cast<Free*>(chain & ((std::uintptr_t{1} << kCountShift) - 1));
  }
  [[nodiscard]] unsigned count() const { return static_cast<unsigned>(chain >> kCountShift); }
};
static_assert(sizeof(Free) <= kGrain);

/// What one thread has ready, by size.
struct Cache {
  std::array<Free*, kClasses> free{};
  std::array<unsigned, kClasses> kept{};
  std::array<std::byte*, kClasses> fresh{};  // never used yet, up to `end`
  std::array<std::byte*, kClasses> end{};
  std::atomic<bool> taken{false};
};

/// A list of spans: index + 1 of the first, 0 for none; linked through `next_span`.
using SpanList = std::uint32_t;

/// What all threads share. Trivially destructible: objects are freed until the very end.
struct Store {
  std::mutex guard;
  std::byte* base = nullptr;
  std::size_t in_use = 0;     // spans
  std::size_t plain_end = 0;  // behind the last one ever used of those in small pages
  std::size_t end = kPlain;   // behind the last one ever used
  std::array<Free*, kClasses> chains{};
  std::array<SpanList, kClasses> begun{};  // cut in part, by nobody now
  std::array<SpanList, kClasses> spare{};  // in huge pages of that size, unused
  SpanList plain_spare = 0;                // in small pages, unused
  SpanList whole_spare = 0;                // the first ones of huge pages that are of no size
  std::array<std::uint8_t, kClasses> plain_used{};
  std::array<Cache, kCaches> caches{};
};

// Zero until used, so they cost addresses only.
inline constinit std::array<std::uint8_t, kSpans> class_of_span{};              // 0: unused
inline constinit std::array<std::uint8_t, kSpans / kTogether> class_of_page{};  // if it is huge
inline constinit std::array<std::uint32_t, kSpans> next_span{};
/// Objects of it that were ever handed out, or lie in a cache for that.
inline constinit std::array<std::uint16_t, kSpans> cut_in_span{};

inline void push(SpanList& list, std::size_t span) {
  next_span[span] = std::exchange(list, static_cast<SpanList>(span + 1));
}
/// Requires that there is one.
inline std::size_t pop(SpanList& list) {
  const std::size_t span = list - 1;
  list = next_span[span];
  return span;
}

inline Store& store() {
  alignas(Store) static std::byte room[sizeof(Store)];
  static Store* const made = [] {
    Store* const fresh = new (room) Store;
#ifdef __GLIBC__
    mallopt(M_ARENA_MAX, limits::kSimMallocHeaps);
#endif
    void* const map = mmap(nullptr, kSpans * kSpan + kHuge, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (map == MAP_FAILED) return fresh;  // then malloc serves all
    const auto at = (reinterpret_cast<std::uintptr_t>(map) + kHuge - 1) / kHuge * kHuge;
    fresh->base = reinterpret_cast<std::byte*>(at);
    madvise(fresh->base, kPlain * kSpan, MADV_NOHUGEPAGE);
    madvise(fresh->base + kPlain * kSpan, (kSpans - kPlain) * kSpan, MADV_HUGEPAGE);
    return fresh;
  }();
  return *made;
}

inline std::size_t span_of(const Store& all, const void* object) {
  return static_cast<std::size_t>(static_cast<const std::byte*>(object) - all.base) / kSpan;
}

inline bool is_ours(const Store& all, const void* object) {
  return all.base != nullptr && static_cast<std::size_t>(static_cast<const std::byte*>(object) -
                                                         all.base) < kSpans * kSpan;
}

inline void give_chain(Store& all, std::size_t size_class, Free* chain, unsigned count) {
  if (chain == nullptr) return;
  chain->head(std::exchange(all.chains[size_class], chain), count);
}

}  // namespace shoal::sim::small
