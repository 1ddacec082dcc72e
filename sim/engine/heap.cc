// SPDX-License-Identifier: Apache-2.0
#include "sim/engine/heap.h"

#include <cstdlib>  // defines __GLIBC__
#include <fstream>
#include <string>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SHOAL_OTHER_HEAP
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SHOAL_OTHER_HEAP
#endif

#if defined(__GLIBC__) && !defined(SHOAL_OTHER_HEAP)
#include <malloc.h>
#endif

namespace shoal::sim {

// glibc's own heap is never set up beside a sanitizer's, and malloc_trim() would do that: several
// threads at once read what another has not written yet, and crash (glibc 2.36).
void trim_heap() {
#if defined(__GLIBC__) && !defined(SHOAL_OTHER_HEAP)
  ::malloc_trim(0);
#endif
}

// Not statm: a thread's last 64 pages may not have been added to it yet.
std::size_t bytes_held() {
  std::ifstream rollup("/proc/self/smaps_rollup");
  for (std::string name; rollup >> name;) {
    std::size_t kib = 0;
    if (name == "Anonymous:" && rollup >> kib) return kib * 1024;
  }
  return 0;
}

}  // namespace shoal::sim
