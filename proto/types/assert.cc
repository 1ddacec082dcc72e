// SPDX-License-Identifier: Apache-2.0
#include "proto/types/assert.h"

#include <cstdio>
#include <cstdlib>

namespace shoal {

void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "shoal: bug at %s:%d: assertion failed: %s\n", file, line, expression);
  std::abort();
}

}  // namespace shoal
