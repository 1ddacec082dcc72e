// SPDX-License-Identifier: Apache-2.0
#include "sim/draw/fixed.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

namespace shoal::sim {
namespace {

constexpr double kStep = 0x1p-32;

TEST(Fixed, HoldsNumbersToTheNearestStep) {
  EXPECT_EQ(Fixed::from(1.5).raw(), std::int64_t{3} << 31);
  EXPECT_EQ(Fixed::from(-1.5).raw(), -(std::int64_t{3} << 31));
  EXPECT_EQ(Fixed::whole(-7), Fixed::from(-7.0));
  EXPECT_EQ(Fixed::from(0.6 * kStep).raw(), 1);
  EXPECT_EQ(Fixed::from(-0.6 * kStep).raw(), -1);
  EXPECT_EQ(Fixed::from(2.25).value(), 2.25);
}

TEST(Fixed, IsHeldAtTheEndsOfItsRange) {
  const Fixed most = Fixed::from_raw(INT64_MAX);
  const Fixed least = Fixed::from_raw(INT64_MIN);
  EXPECT_EQ(Fixed::from(1e30), most);
  EXPECT_EQ(Fixed::from(-1e30), least);
  EXPECT_EQ(most + Fixed::whole(1), most);
  EXPECT_EQ(least - Fixed::whole(1), least);
  EXPECT_EQ(Fixed::whole(1'000'000) * Fixed::whole(1'000'000), most);
  EXPECT_EQ(Fixed::whole(1'000'000) / Fixed::from(1e-6), most);
  EXPECT_EQ(exp(Fixed::whole(22)), most);
  EXPECT_EQ(exp(Fixed::whole(-30)), Fixed());
  EXPECT_EQ(times(INT64_MAX, Fixed::whole(2)), INT64_MAX);
}

// The last bits, from a computation in 60 decimal digits: log2(3) and the root of 2.
TEST(Fixed, LogarithmsAndPowersOfTwoAreRightInManyBits) {
  const auto near = [](std::uint64_t a, std::uint64_t b) { return a > b ? a - b : b - a; };
  EXPECT_EQ(log2_q57(1), 0U);
  EXPECT_EQ(log2_q57(2), std::uint64_t{1} << 57);
  EXPECT_EQ(log2_q57(std::uint64_t{1} << 63), std::uint64_t{63} << 57);
  EXPECT_LE(near(log2_q57(3), 0x032b'8034'73f7'ad0fULL), 64U);
  EXPECT_EQ(exp2_q63(0), std::uint64_t{1} << 63);
  EXPECT_LE(near(exp2_q63(std::uint64_t{1} << 63), 0xb504'f333'f9de'6484ULL), 32U);
}

RC_GTEST_PROP(Fixed, ComputesAsRealNumbersDo, ()) {
  const Fixed a = Fixed::from_raw(
      *rc::gen::inRange<std::int64_t>(-(std::int64_t{1} << 47), std::int64_t{1} << 47).as("a"));
  const Fixed b = Fixed::from_raw(
      *rc::gen::inRange<std::int64_t>(-(std::int64_t{1} << 47), std::int64_t{1} << 47).as("b"));
  RC_ASSERT((a + b).value() == a.value() + b.value());
  RC_ASSERT((a - b).value() == a.value() - b.value());
  const double product = a.value() * b.value();
  RC_ASSERT(std::abs(product) > 2e9 ||
            std::abs((a * b).value() - product) <= kStep + std::abs(product) * 1e-15);
  if (std::abs(b.value()) > 1e-4) {
    RC_ASSERT(std::abs((a / b).value() - a.value() / b.value()) <=
              2 * kStep + std::abs(a.value() / b.value()) * 1e-15);
  }
}

RC_GTEST_PROP(Fixed, FunctionsAgreeWithTheMathLibrary, ()) {
  const auto bits = *rc::gen::inRange(1, 62).as("bits");
  const Fixed x =
      Fixed::from_raw(1 + *rc::gen::inRange<std::int64_t>(0, std::int64_t{1} << bits).as("x"));
  const Fixed small = Fixed::from_raw(
      *rc::gen::inRange<std::int64_t>(-(std::int64_t{9} << 32), std::int64_t{9} << 32)
           .as("exponent"));
  RC_ASSERT(std::abs(ln(x).value() - std::log(x.value())) <= 2 * kStep);
  RC_ASSERT(std::abs(square_root(x).value() - std::sqrt(x.value())) <= kStep);
  const double e = std::exp(small.value());
  RC_ASSERT(std::abs(exp(small).value() - e) <= kStep + e * 1e-12);
  const Fixed shape = Fixed::from(1.0 / 3);
  const double root = std::pow(x.value(), shape.value());
  RC_ASSERT(std::abs(power(x, shape).value() - root) <= kStep + root * 1e-12);
}

RC_GTEST_PROP(Fixed, WholeSquareRootsAreExact, ()) {
  const auto x = *rc::gen::arbitrary<std::uint64_t>().as("x");
  const std::uint64_t root = whole_square_root(x);
  RC_ASSERT(root * root <= x);
  RC_ASSERT(root == 0xffff'ffff || (root + 1) * (root + 1) > x);
}

}  // namespace
}  // namespace shoal::sim
