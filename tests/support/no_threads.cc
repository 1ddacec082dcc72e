// SPDX-License-Identifier: Apache-2.0
// Part of the tests that are not run under ThreadSanitizer, since nothing in them starts a thread:
// this holds them to it. A program's own function goes before that of the C library, also for
// std::thread.
#include <pthread.h>

#include <cstdio>
#include <cstdlib>

extern "C" int pthread_create(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*) {
  std::fputs("a test that starts threads needs the label threads\n", stderr);
  std::abort();
}
