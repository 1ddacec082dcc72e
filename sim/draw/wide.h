// SPDX-License-Identifier: Apache-2.0
// 128-bit integers, which both compilers have and no standard names. Internal to the simulator.
#pragma once

#include <bit>
#include <cstdint>

namespace shoal::sim {

__extension__ using Wide = __int128;
__extension__ using UnsignedWide = unsigned __int128;

/// The upper half of the product.
constexpr std::uint64_t high_product(std::uint64_t a, std::uint64_t b) {
  return static_cast<std::uint64_t>(UnsignedWide{a} * b >> 64);
}

/// Held at the ends of 64 bits.
constexpr std::int64_t narrow(Wide x) {
  if (x > INT64_MAX) return INT64_MAX;
  if (x < INT64_MIN) return INT64_MIN;
  return static_cast<std::int64_t>(x);
}

/// The largest whole number whose square is at most x.
constexpr std::uint64_t wide_square_root(UnsignedWide x) {
  UnsignedWide rest = x;
  UnsignedWide root = 0;
  UnsignedWide bit = UnsignedWide{1} << 126;
  while (bit > x) bit >>= 2;
  for (; bit != 0; bit >>= 2) {
    if (rest >= root + bit) {
      rest -= root + bit;
      root = (root >> 1) + bit;
    } else {
      root >>= 1;
    }
  }
  return static_cast<std::uint64_t>(root);
}

}  // namespace shoal::sim
