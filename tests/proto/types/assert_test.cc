// SPDX-License-Identifier: Apache-2.0
#include "proto/types/assert.h"

#include <gtest/gtest.h>

namespace shoal {
namespace {

TEST(Assert, StaysOnInEveryBuildAndSaysWhere) {
  int evaluated = 0;
  SHOAL_ASSERT(++evaluated == 1);
  EXPECT_EQ(evaluated, 1);
  EXPECT_DEATH(SHOAL_ASSERT(evaluated == 7),
               "bug at .*assert_test.cc:[0-9]+: assertion failed: evaluated == 7");
}

}  // namespace
}  // namespace shoal
