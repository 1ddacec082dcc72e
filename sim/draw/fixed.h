// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>

namespace shoal::sim {

/// A signed number with 32 bits before the point and 32 after it: resolution 2.3e-10, range about
/// +-2.1e9. What leaves the range is held at its end.
///
/// The simulator draws with these and not with doubles, because libm's last digits differ from CPU
/// to CPU, and a compiler may fuse a product and a sum: a run has to be the same everywhere.
class Fixed {
 public:
  constexpr Fixed() = default;
  [[nodiscard]] static constexpr Fixed from_raw(std::int64_t raw) {
    Fixed fixed;
    fixed.raw_ = raw;
    return fixed;
  }
  [[nodiscard]] static constexpr Fixed whole(std::int32_t value) {
    return from_raw(std::int64_t{value} * kOne);
  }
  /// The nearest one; the product with a power of two is exact, so this is too.
  [[nodiscard]] static constexpr Fixed from(double value) {
    const double scaled = value * static_cast<double>(kOne);
    if (!(scaled < 0x1p63)) return from_raw(INT64_MAX);
    if (scaled <= -0x1p63) return from_raw(INT64_MIN);
    return from_raw(static_cast<std::int64_t>(scaled + (scaled < 0 ? -0.5 : 0.5)));
  }

  [[nodiscard]] constexpr std::int64_t raw() const { return raw_; }
  /// For reports and tests; no draw depends on it.
  [[nodiscard]] constexpr double value() const {
    return static_cast<double>(raw_) / static_cast<double>(kOne);
  }

  friend constexpr auto operator<=>(const Fixed&, const Fixed&) = default;
  friend Fixed operator+(Fixed a, Fixed b);
  friend Fixed operator-(Fixed a, Fixed b);
  friend Fixed operator*(Fixed a, Fixed b);
  /// Requires that b is not zero.
  friend Fixed operator/(Fixed a, Fixed b);

 private:
  static constexpr std::int64_t kOne = std::int64_t{1} << 32;
  std::int64_t raw_ = 0;
};

/// `whole` times `factor`, rounded to the nearest; held at the ends of 64 bits.
std::int64_t times(std::int64_t whole, Fixed factor);
/// The square root, rounded down. Requires x >= 0.
Fixed square_root(Fixed x);
/// The largest whole number whose square is at most x.
std::uint64_t whole_square_root(std::uint64_t x);
/// e^x, correct to 2^-31 of itself or to the last digit.
Fixed exp(Fixed x);
/// The natural logarithm. Requires x > 0.
Fixed ln(Fixed x);
/// base^exponent. Requires base > 0, or base = 0 and exponent > 0.
Fixed power(Fixed base, Fixed exponent);

/// log2(x) * 2^57, correct to some 2^-55. Requires x > 0.
std::uint64_t log2_q57(std::uint64_t x);
/// 2^(fraction / 2^64) * 2^63, correct to some 2^-60 of itself: from 2^63 to just below 2^64.
std::uint64_t exp2_q63(std::uint64_t fraction);

}  // namespace shoal::sim
