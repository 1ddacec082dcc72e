// SPDX-License-Identifier: Apache-2.0
#include "overlay/flood/scattered.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace shoal::overlay {
namespace {

TEST(Scattered, LeavesEachObjectWhereItIs) {
  Scattered<int> row;
  std::vector<const int*> places;
  for (int i = 0; i < 100; ++i) {
    int& fresh = row.add();
    EXPECT_EQ(fresh, 0);
    fresh = i;
    places.push_back(&fresh);
  }
  ASSERT_EQ(row.size(), places.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    EXPECT_EQ(&row[i], places[i]);
    EXPECT_EQ(row[i], static_cast<int>(i));
  }
}

TEST(Scattered, TakesNoMoreThanTheObjectWhenThereIsOne) {
  Scattered<std::uint64_t> row;
  EXPECT_EQ(row.bytes(), 0U);
  row.add();
  EXPECT_EQ(row.bytes(), sizeof(std::uint64_t));
  row.add();
  EXPECT_EQ(row.bytes(), 2 * (sizeof(std::uint64_t) + sizeof(void*)));
}

TEST(Scattered, IsEmptyAfterItWasMoved) {
  for (const int count : {0, 1, 5}) {
    Scattered<int> row;
    for (int i = 0; i < count; ++i) row.add() = i;
    Scattered<int> other = std::move(row);
    row = Scattered<int>{};
    EXPECT_EQ(row.size(), 0U);
    EXPECT_EQ(other.size(), static_cast<std::size_t>(count));
    other = Scattered<int>{};
    EXPECT_EQ(other.size(), 0U);
  }
}

}  // namespace
}  // namespace shoal::overlay
