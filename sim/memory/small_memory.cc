// SPDX-License-Identifier: Apache-2.0
#include "sim/memory/small_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <new>
#include <utility>

#include "proto/types/assert.h"

namespace shoal::sim {
namespace {

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
constexpr std::size_t kSpans = std::size_t{1} << 20;   // 64 GiB of addresses; memory as it is used
constexpr std::size_t kPlain = std::size_t{16} << 20;  // in small pages, for small simulations
constexpr std::size_t kCaches = 512;

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

/// What all threads share. Trivially destructible: objects are freed until the very end.
struct Store {
  std::mutex guard;
  std::byte* base = nullptr;
  std::size_t spans = 0;  // ever used
  std::array<Free*, kClasses> chains{};
  std::uint32_t spare = 0;  // given back: index + 1, linked through `next_spare`
  std::size_t spare_count = 0;
  std::array<Cache, kCaches> caches{};
};

// Zero until used, so they cost addresses only.
constinit std::array<std::uint8_t, kSpans> class_of_span{};
constinit std::array<std::uint32_t, kSpans> next_spare{};
constinit std::array<std::uint16_t, kSpans> free_in_span{};

Store& store() {
  alignas(Store) static std::byte room[sizeof(Store)];
  static Store* const made = [] {
    Store* const fresh = new (room) Store;
    void* const map = mmap(nullptr, kSpans * kSpan + kHuge, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (map == MAP_FAILED) return fresh;  // then malloc serves all
    const auto at = (reinterpret_cast<std::uintptr_t>(map) + kHuge - 1) / kHuge * kHuge;
    fresh->base = reinterpret_cast<std::byte*>(at);
    madvise(fresh->base + kPlain, kSpans * kSpan - kPlain, MADV_HUGEPAGE);
    return fresh;
  }();
  return *made;
}

std::size_t span_of(const Store& all, const void* object) {
  return static_cast<std::size_t>(static_cast<const std::byte*>(object) - all.base) / kSpan;
}

bool is_ours(const Store& all, const void* object) {
  return all.base != nullptr && static_cast<std::size_t>(static_cast<const std::byte*>(object) -
                                                         all.base) < kSpans * kSpan;
}

void give_chain(Store& all, std::size_t size_class, Free* chain, unsigned count) {
  if (chain == nullptr) return;
  chain->head(std::exchange(all.chains[size_class], chain), count);
}

/// The calling thread's cache; given back when the thread ends.
struct Lease {
  Cache* cache = nullptr;
  bool over = false;

  Lease() = default;
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease() {
    over = true;
    if (cache == nullptr) return;
    Store& all = store();
    const std::lock_guard lock(all.guard);
    for (std::size_t c = 0; c < kClasses; ++c) {
      give_chain(all, c, std::exchange(cache->free[c], nullptr), cache->kept[c]);
      cache->kept[c] = 0;
    }
    cache->taken = false;  // `fresh` stays for the next thread
    cache = nullptr;
  }
};

Cache* cache_of_thread() {
  thread_local Lease lease;
  if (lease.cache != nullptr || lease.over) return lease.cache;
  Store& all = store();
  if (all.base == nullptr) return nullptr;
  for (Cache& cache : all.caches) {
    if (!cache.taken.exchange(true)) return lease.cache = &cache;
  }
  return nullptr;
}

std::byte* take_span(Store& all, std::size_t size_class) {
  std::size_t index = 0;
  if (all.spare != 0) {
    index = all.spare - 1;
    all.spare = next_spare[index];
    --all.spare_count;
  } else if (all.spans < kSpans) {
    index = all.spans++;
  } else {
    return nullptr;
  }
  class_of_span[index] = static_cast<std::uint8_t>(size_class);
  return all.base + index * kSpan;
}

void* refill(Cache& cache, std::size_t size_class) {
  Store& all = store();
  const std::size_t size = size_of(size_class);
  if (cache.fresh[size_class] == cache.end[size_class]) {
    const std::lock_guard lock(all.guard);
    if (Free* const chain = all.chains[size_class]) {
      all.chains[size_class] = chain->next_chain();
      cache.free[size_class] = chain->next;
      cache.kept[size_class] = chain->count() - 1;
      return chain;
    }
    std::byte* const span = take_span(all, size_class);
    if (span == nullptr) return nullptr;
    cache.fresh[size_class] = span;
    cache.end[size_class] = span + kSpan / size * size;
  }
  return std::exchange(cache.fresh[size_class], cache.fresh[size_class] + size);
}

/// Hands half of what the thread keeps of a size to the others.
void share(Cache& cache, std::size_t size_class) {
  Free* const chain = cache.free[size_class];
  Free* last = chain;
  const unsigned half = kept_most(size_class) / 2;
  for (unsigned i = 1; i < half; ++i) last = last->next;
  cache.free[size_class] = std::exchange(last->next, nullptr);
  cache.kept[size_class] -= half;
  Store& all = store();
  const std::lock_guard lock(all.guard);
  give_chain(all, size_class, chain, half);
}

void* allocate(std::size_t size) {
  if (size <= kMost) {
    const std::size_t size_class = class_of(size);
    if (Cache* const cache = cache_of_thread()) {
      if (Free* const object = cache->free[size_class]) {
        cache->free[size_class] = object->next;
        --cache->kept[size_class];
        __builtin_prefetch(object->next, 1);  // to be handed out next, and long unread
        return object;
      }
      if (void* const object = refill(*cache, size_class)) return object;
    }
  }
  void* const object = std::malloc(size);
  if (object == nullptr) throw std::bad_alloc();
  return object;
}

void deallocate(void* object) {
  Store& all = store();
  if (!is_ours(all, object)) return std::free(object);
  const std::size_t size_class = class_of_span[span_of(all, object)];
  auto* const gone = static_cast<Free*>(object);
  Cache* const cache = cache_of_thread();
  if (cache == nullptr) {  // the thread is ending
    gone->next = nullptr;
    const std::lock_guard lock(all.guard);
    return give_chain(all, size_class, gone, 1);
  }
  gone->next = std::exchange(cache->free[size_class], gone);
  if (++cache->kept[size_class] > kept_most(size_class)) share(*cache, size_class);
}

/// Visits all free objects of a size and keeps those for which `keep` holds.
template <class Keep>
void sift(Store& all, std::size_t size_class, Keep keep) {
  const auto sift_list = [&](Free*& list) {
    Free* kept = nullptr;
    Free** tail = &kept;
    unsigned count = 0;
    for (Free* at = list; at != nullptr;) {
      Free* const next = at->next;
      if (keep(at)) {
        *tail = at;
        tail = &at->next;
        ++count;
      }
      at = next;
    }
    *tail = nullptr;
    list = kept;
    return count;
  };
  for (Cache& cache : all.caches) cache.kept[size_class] = sift_list(cache.free[size_class]);
  Free* chain = std::exchange(all.chains[size_class], nullptr);
  while (chain != nullptr) {
    Free* list = std::exchange(chain, chain->next_chain());
    const unsigned count = sift_list(list);
    give_chain(all, size_class, list, count);
  }
}

/// A span that is still being cut: if nothing of it is in use, it counts as wholly free and is cut
/// no further; else it stays.
void give_up_fresh(const Store& all, Cache& cache, std::size_t size_class) {
  if (cache.end[size_class] == nullptr) return;
  const std::size_t span = span_of(all, cache.end[size_class] - 1);
  const std::size_t size = size_of(size_class);
  const auto cut = static_cast<std::size_t>(cache.fresh[size_class] - (all.base + span * kSpan));
  if (free_in_span[span] * size != cut) {
    free_in_span[span] = 0;
    return;
  }
  free_in_span[span] = static_cast<std::uint16_t>(kSpan / size);
  cache.fresh[size_class] = cache.end[size_class] = nullptr;
}

}  // namespace

void release_small_memory() {
  Store& all = store();
  const std::lock_guard lock(all.guard);
  if (all.base == nullptr) return;
  for (std::size_t c = 1; c < kClasses; ++c) {
    sift(all, c, [&](const Free* object) {
      ++free_in_span[span_of(all, object)];
      return true;
    });
  }
  for (Cache& cache : all.caches) {
    for (std::size_t c = 1; c < kClasses; ++c) give_up_fresh(all, cache, c);
  }
  const auto empty = [&](std::size_t span) {
    const std::size_t size = size_of(class_of_span[span]);
    return size != 0 && free_in_span[span] == kSpan / size;
  };
  for (std::size_t c = 1; c < kClasses; ++c) {
    sift(all, c, [&](const Free* object) { return !empty(span_of(all, object)); });
  }
  for (std::size_t span = 0; span < all.spans; ++span) {
    if (empty(span)) {
      madvise(all.base + span * kSpan, kSpan, MADV_DONTNEED);
      class_of_span[span] = 0;
      next_spare[span] = std::exchange(all.spare, static_cast<std::uint32_t>(span + 1));
      ++all.spare_count;
    }
    free_in_span[span] = 0;
  }
}

std::size_t small_memory_bytes() {
  Store& all = store();
  const std::lock_guard lock(all.guard);
  return (all.spans - all.spare_count) * kSpan;
}

}  // namespace shoal::sim

// The replacements; the array and nothrow forms call these.
void* operator new(std::size_t size) { return shoal::sim::allocate(size); }
void operator delete(void* object) noexcept {
  if (object != nullptr) shoal::sim::deallocate(object);
}
void operator delete(void* object, std::size_t) noexcept {
  if (object != nullptr) shoal::sim::deallocate(object);
}
