// SPDX-License-Identifier: Apache-2.0
// Assertions stay on in every build: a broken invariant of ours must stop the program, not go on.
#pragma once

namespace shoal {

/// Prints what failed and where on stderr and aborts. Never returns.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}  // namespace shoal

/// For bugs only. Operating errors are Result<T>; bytes from a peer are judged and counted.
#define SHOAL_ASSERT(expression)                        \
  (static_cast<bool>(expression) ? static_cast<void>(0) \
                                 : ::shoal::assertion_failed(#expression, __FILE__, __LINE__))
