// SPDX-License-Identifier: Apache-2.0
// What is given back to the system, or could be: of each span all pages behind the last object in
// use. What peers keep is made first, and what a flood needs for a while lies behind it.
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>

#include "sim/memory/small_memory.h"
#include "sim/memory/small_store.h"

namespace shoal::sim::small {
namespace {

constexpr std::size_t kPage = std::size_t{4} << 10;

/// Which objects of the spans are free: a bit for each place where one may begin.
class FreeMap {
 public:
  explicit FreeMap(const Store& all) : base_(all.base), bytes_(all.end * kSpan / kGrain / 8) {
    // Not from the lists that are looked through.
    void* const map =
        mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map != MAP_FAILED) words_ = static_cast<std::uint64_t*>(map);
  }
  FreeMap(const FreeMap&) = delete;
  FreeMap& operator=(const FreeMap&) = delete;
  ~FreeMap() {
    if (words_ != nullptr) munmap(words_, bytes_);
  }

  [[nodiscard]] bool made() const { return words_ != nullptr; }
  void add(const void* object) {
    const std::size_t place = place_of(object);
    words_[place / 64] |= std::uint64_t{1} << (place % 64);
  }
  [[nodiscard]] bool has(const void* object) const {
    const std::size_t place = place_of(object);
    return (words_[place / 64] >> (place % 64) & 1U) != 0;
  }

 private:
  [[nodiscard]] std::size_t place_of(const void* object) const {
    return static_cast<std::size_t>(static_cast<const std::byte*>(object) - base_) / kGrain;
  }

  const std::byte* base_;
  std::size_t bytes_;
  std::uint64_t* words_ = nullptr;
};

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

/// Afterwards no thread cuts a span, and none is listed.
void stop_cutting(Store& all) {
  for (Cache& cache : all.caches) {
    for (std::size_t c = 1; c < kClasses; ++c) {
      if (cache.fresh[c] == cache.end[c]) continue;
      const std::size_t span = span_of(all, cache.fresh[c]);
      const auto cut = static_cast<std::size_t>(cache.fresh[c] - (all.base + span * kSpan));
      cut_in_span[span] = static_cast<std::uint16_t>(cut / size_of(c));
    }
    cache.fresh = cache.end = {};
  }
  all.begun = all.spare = {};  // they are listed anew
}

std::size_t pages_of(std::size_t objects, std::size_t size) {
  return (objects * size + kPage - 1) / kPage;
}

/// Counts what is free behind a span's last object in use as never cut, if that frees a page.
void lower_cut(const Store& all, const FreeMap& free, std::size_t span) {
  const std::size_t size = size_of(class_of_span[span]);
  const std::byte* const begin = all.base + span * kSpan;
  std::uint16_t used = cut_in_span[span];
  while (used > 0 && free.has(begin + (used - 1U) * size)) --used;
  if (pages_of(used, size) < pages_of(cut_in_span[span], size)) cut_in_span[span] = used;
}

/// Gives pages back to the system.
struct GivenBack {
  void operator()(std::byte* begin, std::size_t bytes) const {
    madvise(begin, bytes, MADV_DONTNEED);
  }
};

/// Counts the bytes of those that are in memory.
struct Counted {
  std::size_t bytes = 0;

  void operator()(std::byte* begin, std::size_t size) {
    std::array<unsigned char, kHuge / kPage> pages{};
    if (mincore(begin, size, pages.data()) != 0) return;
    const auto here = [](unsigned char page) { return (page & 1U) != 0; };
    bytes += kPage * static_cast<std::size_t>(std::ranges::count_if(pages, here));
  }
};

/// Passes the pages of spans from one on up to another, but for `kept` bytes, to `give`.
template <class Give>
void give_pages(const Store& all, std::size_t first, std::size_t end, std::size_t kept,
                Give& give) {
  const std::size_t bytes = (end - first) * kSpan;
  if (kept < bytes) give(all.base + first * kSpan + kept, bytes - kept);
}

/// Whether anything of a span is in use; if not, it counts as unused from now on.
bool in_use(Store& all, std::size_t span) {
  if (class_of_span[span] == 0 || cut_in_span[span] > 0) return class_of_span[span] != 0;
  class_of_span[span] = 0;
  --all.in_use;
  return false;
}

/// Gives back the pages of a span in which nothing is cut, and lists it if it was begun.
template <class Give>
void give_back_rest(Store& all, std::size_t span, Give& give) {
  const std::size_t size_class = class_of_span[span];
  const std::size_t size = size_of(size_class);
  if (cut_in_span[span] < kSpan / size) push(all.begun[size_class], span);
  give_pages(all, span, span + 1, pages_of(cut_in_span[span], size) * kPage, give);
}

template <class Give>
void give_back_plain(Store& all, std::size_t span, Give& give) {
  const std::size_t size_class = class_of_span[span];
  if (size_class != 0) {
    if (in_use(all, span)) return give_back_rest(all, span, give);
    --all.plain_used[size_class];
    push(all.plain_spare, span);
  }
  give_pages(all, span, span + 1, 0, give);  // also if it was only counted when it became unused
}

/// A huge page is in memory as a whole, once anything of it was used. Given back as a whole it
/// comes again as a whole.
template <class Give>
void give_back_huge(Store& all, std::size_t page, Give& give) {
  const std::size_t size_class = class_of_page[page];
  const std::size_t first = page * kTogether;
  bool used = false;
  for (std::size_t i = 0; i < kTogether; ++i) used = in_use(all, first + i) || used;
  if (!used) {
    if (size_class != 0) push(all.whole_spare, first);
    class_of_page[page] = 0;
    return give_pages(all, first, first + kTogether, 0, give);
  }
  for (std::size_t span = first + kTogether; span-- > first;) {
    if (in_use(all, span)) {
      give_back_rest(all, span, give);
    } else {
      push(all.spare[size_class], span);
      give_pages(all, span, span + 1, 0, give);
    }
  }
}

template <class Give>
void release(Store& all, Give& give) {
  FreeMap free(all);
  if (!free.made()) return;
  stop_cutting(all);
  for (std::size_t c = 1; c < kClasses; ++c) {
    sift(all, c, [&](const Free* object) {
      free.add(object);
      return true;
    });
  }
  for (std::size_t span = 0; span < all.end; ++span) {
    if (class_of_span[span] != 0) lower_cut(all, free, span);
  }
  for (std::size_t c = 1; c < kClasses; ++c) {
    const std::size_t size = size_of(c);
    sift(all, c, [&](const Free* object) {
      const std::size_t span = span_of(all, object);
      const std::byte* const cut = all.base + span * kSpan + cut_in_span[span] * size;
      return reinterpret_cast<const std::byte*>(object) < cut;
    });
  }
  // From the last on, so that the first is used first.
  for (std::size_t page = all.end / kTogether; page-- > kPlain / kTogether;) {
    give_back_huge(all, page, give);
  }
  for (std::size_t span = all.plain_end; span-- > 0;) give_back_plain(all, span, give);
}

}  // namespace
}  // namespace shoal::sim::small

void shoal::sim::release_small_memory() {
  small::Store& all = small::store();
  const std::lock_guard lock(all.guard);
  small::GivenBack give;
  small::release(all, give);
}

std::size_t shoal::sim::spare_small_memory() {
  small::Store& all = small::store();
  const std::lock_guard lock(all.guard);
  small::Counted count;
  small::release(all, count);
  return count.bytes;
}
