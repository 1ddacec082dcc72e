// SPDX-License-Identifier: Apache-2.0
#include "sim/draw/fixed.h"

#include <algorithm>
#include <array>
#include <bit>

#include "proto/types/assert.h"
#include "sim/draw/wide.h"

namespace shoal::sim {
namespace {

// ln 2 and its inverse.
constexpr std::uint64_t kLn2Q64 = 0xb172'17f7'd1cf'79abULL;
constexpr std::uint64_t kLog2eQ63 = 0xb8aa'3b29'5c17'f0bcULL;

// log2 of m / 2^63, for m from 2^63 on, in 57 bits after the point: one bit per squaring. Slow and
// plain; it makes the table below.
constexpr std::uint64_t slow_log2(std::uint64_t m) {
  std::uint64_t result = 0;
  for (int i = 0; i < 57; ++i) {
    const UnsignedWide square = UnsignedWide{m} * m;  // 2^126 and up
    const bool two = (square >> 127) != 0;
    m = static_cast<std::uint64_t>(square >> (two ? 64 : 63));
    result = result << 1 | (two ? 1U : 0U);
  }
  return result;
}

struct Log2Row {
  std::uint64_t inverse = 0;  // of the row's middle, times 2^64
  std::uint64_t log2 = 0;     // of the inverse's inverse, times 2^57
};

constexpr int kRowBits = 7;
constexpr std::size_t kRows = std::size_t{1} << kRowBits;

constexpr std::array<Log2Row, kRows> make_log2_rows() {
  std::array<Log2Row, kRows> rows;
  for (std::size_t i = 0; i < kRows; ++i) {
    const std::uint64_t middle = std::uint64_t{1} << 63 | std::uint64_t{2 * i + 1} << 55;
    rows[i].inverse = static_cast<std::uint64_t>((UnsignedWide{1} << 127) / middle);
    // Of what the rounded inverse really stands for.
    const UnsignedWide back = (UnsignedWide{1} << 127) / rows[i].inverse;
    rows[i].log2 = slow_log2(static_cast<std::uint64_t>(back));
  }
  return rows;
}

// 2^(i/128) * 2^63, by square roots: 2^(1/2), 2^(1/4), ...
constexpr std::array<std::uint64_t, kRows> make_exp2_rows() {
  std::array<std::uint64_t, kRows> rows{};
  rows[0] = std::uint64_t{1} << 63;
  UnsignedWide root = UnsignedWide{1} << 127;  // 2 * 2^126
  for (std::size_t bit = kRows / 2; bit > 0; bit /= 2) {
    const std::uint64_t factor = wide_square_root(root);  // times 2^63
    root = UnsignedWide{factor} << 63;
    for (std::size_t i = 0; i < kRows; i += 2 * bit) {
      rows[i + bit] = static_cast<std::uint64_t>(UnsignedWide{rows[i]} * factor >> 63);
    }
  }
  return rows;
}

constexpr auto kLog2Rows = make_log2_rows();
constexpr auto kExp2Rows = make_exp2_rows();

}  // namespace

Fixed operator+(Fixed a, Fixed b) { return Fixed::from_raw(narrow(Wide{a.raw_} + b.raw_)); }

Fixed operator-(Fixed a, Fixed b) { return Fixed::from_raw(narrow(Wide{a.raw_} - b.raw_)); }

Fixed operator*(Fixed a, Fixed b) { return Fixed::from_raw(times(a.raw_, b)); }

Fixed operator/(Fixed a, Fixed b) {
  SHOAL_ASSERT(b.raw_ != 0);
  return Fixed::from_raw(narrow(Wide{a.raw_} * (Wide{1} << 32) / b.raw_));
}

std::int64_t times(std::int64_t whole, Fixed factor) {
  return narrow((Wide{whole} * factor.raw() + (Wide{1} << 31)) >> 32);
}

Fixed square_root(Fixed x) {
  SHOAL_ASSERT(x >= Fixed());
  const auto raw = static_cast<UnsignedWide>(x.raw());
  return Fixed::from_raw(static_cast<std::int64_t>(wide_square_root(raw << 32)));
}

std::uint64_t whole_square_root(std::uint64_t x) { return wide_square_root(x); }

std::uint64_t log2_q57(std::uint64_t x) {
  SHOAL_ASSERT(x > 0);
  const int above = std::countl_zero(x);
  const std::uint64_t m = x << above;  // in [2^63, 2^64)
  const Log2Row& row = kLog2Rows[(m >> (63 - kRowBits)) & (kRows - 1)];
  // m = middle * (1 + r), |r| <= 2^-8; r has 62 bits after the point.
  const Wide product = static_cast<Wide>(UnsignedWide{m} * row.inverse >> 65);
  const auto r = static_cast<std::int64_t>(product - (Wide{1} << 62));
  const auto by_r = [r](std::int64_t a) { return static_cast<std::int64_t>(Wide{a} * r >> 62); };
  constexpr std::int64_t kOne = std::int64_t{1} << 62;
  // ln(1 + r), by Horner.
  std::int64_t sum = kOne / 7;
  for (const int term : {6, 5, 4, 3, 2, 1}) sum = kOne / term - by_r(sum);
  const std::int64_t natural = by_r(sum);
  const auto log2_r = static_cast<std::int64_t>(Wide{natural} * Wide{kLog2eQ63} >> (63 + 5));
  // The last bits may have slipped over an end.
  const std::int64_t part = static_cast<std::int64_t>(row.log2) + log2_r;
  const std::int64_t held = std::clamp<std::int64_t>(part, 0, std::int64_t{1} << 57);
  return (static_cast<std::uint64_t>(63 - above) << 57) + static_cast<std::uint64_t>(held);
}

std::uint64_t exp2_q63(std::uint64_t fraction) {
  const std::uint64_t base = kExp2Rows[fraction >> (64 - kRowBits)];
  const std::uint64_t rest = fraction << kRowBits >> kRowBits;  // below 2^-7, in Q64
  const std::uint64_t x = high_product(rest, kLn2Q64);
  // e^x - 1 = x (1 + x/2 (1 + x/3 (1 + x/4 (...)))), the sum held in Q63.
  constexpr std::uint64_t kOne = std::uint64_t{1} << 63;
  std::uint64_t sum = kOne;
  for (const std::uint64_t term : {8U, 7U, 6U, 5U, 4U, 3U, 2U, 1U}) {
    sum = kOne + high_product(x, sum) / term;
  }
  return static_cast<std::uint64_t>(UnsignedWide{base} * sum >> 63);
}

namespace {

// 2^exponent for an exponent in Q57.
Fixed exp2_of_q57(Wide exponent) {
  const auto whole = static_cast<std::int64_t>(exponent >> 57);
  if (whole >= 31) return Fixed::from_raw(INT64_MAX);
  if (whole < -33) return Fixed();
  const auto fraction = static_cast<std::uint64_t>(exponent) << 7;
  const std::uint64_t mantissa = exp2_q63(fraction);  // Q63
  const auto shift = static_cast<int>(31 - whole);    // to Q32, from 1 to 64
  const UnsignedWide half = UnsignedWide{1} << (shift - 1);
  return Fixed::from_raw(narrow(static_cast<Wide>((UnsignedWide{mantissa} + half) >> shift)));
}

// log2 in Q57, of a Q32.
std::int64_t log2_of(Fixed x) {
  SHOAL_ASSERT(x > Fixed());
  return static_cast<std::int64_t>(log2_q57(static_cast<std::uint64_t>(x.raw()))) -
         (std::int64_t{32} << 57);
}

}  // namespace

Fixed exp(Fixed x) { return exp2_of_q57(Wide{x.raw()} * Wide{kLog2eQ63} >> (63 + 32 - 57)); }

Fixed ln(Fixed x) {
  const Wide natural = Wide{log2_of(x)} * Wide{kLn2Q64 >> 1} >> 63;  // Q57
  return Fixed::from_raw(static_cast<std::int64_t>((natural + (Wide{1} << 24)) >> 25));
}

Fixed power(Fixed base, Fixed exponent) {
  if (base == Fixed()) {
    SHOAL_ASSERT(exponent > Fixed());
    return Fixed();
  }
  return exp2_of_q57(Wide{log2_of(base)} * exponent.raw() >> 32);
}

}  // namespace shoal::sim
