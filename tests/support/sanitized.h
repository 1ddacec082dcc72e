// SPDX-License-Identifier: Apache-2.0
// Whether the tests are built with a sanitizer: GCC and Clang each say so in their own way.
#pragma once

namespace shoal::tests {

/// With AddressSanitizer, which is slow and keeps what was freed.
constexpr bool address_sanitized() {
#if defined(__SANITIZE_ADDRESS__)
  return true;
#elif defined(__has_feature)
  return __has_feature(address_sanitizer);
#else
  return false;
#endif
}

/// With ThreadSanitizer, which is slower still.
constexpr bool thread_sanitized() {
#if defined(__SANITIZE_THREAD__)
  return true;
#elif defined(__has_feature)
  return __has_feature(thread_sanitizer);
#else
  return false;
#endif
}

}  // namespace shoal::tests
