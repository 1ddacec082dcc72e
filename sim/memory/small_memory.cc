// SPDX-License-Identifier: Apache-2.0
#include "sim/memory/small_memory.h"

#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <new>
#include <utility>

#include "sim/memory/small_store.h"

namespace shoal::sim::small {
namespace {

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

/// An unused span for objects of a size; kSpans if there is none.
std::size_t unused_span(Store& all, std::size_t size_class) {
  if (all.spare[size_class] != 0) return pop(all.spare[size_class]);
  if (all.plain_used[size_class] < kPlainEach) {
    ++all.plain_used[size_class];
    return all.plain_spare != 0 ? pop(all.plain_spare) : all.plain_end++;
  }
  std::size_t first = all.end;
  if (all.whole_spare != 0) {
    first = pop(all.whole_spare);
  } else if (first < kSpans) {
    all.end += kTogether;
  } else {
    return kSpans;
  }
  class_of_page[first / kTogether] = static_cast<std::uint8_t>(size_class);
  for (std::size_t i = kTogether; --i > 0;) push(all.spare[size_class], first + i);
  return first;
}

/// A span of that size that has fresh objects: one that was begun, or one that is new. False if
/// there is none.
bool take_span(Store& all, Cache& cache, std::size_t size_class) {
  const bool begun = all.begun[size_class] != 0;
  const std::size_t index = begun ? pop(all.begun[size_class]) : unused_span(all, size_class);
  if (index == kSpans) return false;
  const std::size_t cut = begun ? cut_in_span[index] : 0;
  if (!begun) ++all.in_use;
  const std::size_t size = size_of(size_class);
  const std::size_t objects = kSpan / size;
  class_of_span[index] = static_cast<std::uint8_t>(size_class);
  cut_in_span[index] = static_cast<std::uint16_t>(objects);
  cache.fresh[size_class] = all.base + index * kSpan + cut * size;
  cache.end[size_class] = all.base + index * kSpan + objects * size;
  return true;
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
    if (!take_span(all, cache, size_class)) return nullptr;
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

}  // namespace
}  // namespace shoal::sim::small

std::size_t shoal::sim::small_memory_bytes() {
  small::Store& all = small::store();
  const std::lock_guard lock(all.guard);
  return all.in_use * small::kSpan;
}

// The replacements; the array and nothrow forms call these.
void* operator new(std::size_t size) { return shoal::sim::small::allocate(size); }
void operator delete(void* object) noexcept {
  if (object != nullptr) shoal::sim::small::deallocate(object);
}
void operator delete(void* object, std::size_t) noexcept {
  if (object != nullptr) shoal::sim::small::deallocate(object);
}
