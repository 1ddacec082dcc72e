// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/serve/shelf.h"

#include <gtest/gtest.h>

#include <numeric>

#include "tests/transfer/host/fault_disk.h"

namespace shoal::transfer {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

class ShelfOfThree : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = disk_.mount();
    auto part = folder_->open_part("it.part", true);
    ASSERT_TRUE(part);
    std::vector<std::uint8_t> bytes(3 * kMiB);
    std::iota(bytes.begin(), bytes.end(), std::uint8_t{3});
    ASSERT_TRUE((*part)->write(0, bytes));
    shelf_ = std::make_shared<Shelf>(Layout(3 * kMiB), "it.bin", std::vector<Hash256>(3),
                                     std::move(*part));
  }
  static PieceMap map(std::initializer_list<std::uint32_t> pieces) {
    PieceMap out(3);
    for (const std::uint32_t piece : pieces) out.add(piece);
    return out;
  }
  std::optional<Errc> read(std::uint64_t offset) {
    std::vector<std::uint8_t> into(100);
    const auto got = shelf_->read(offset, into);
    if (got) {
      EXPECT_EQ(into[7], static_cast<std::uint8_t>(offset + 7 + 3));
    }
    return got ? std::nullopt : std::optional(got.error().code);
  }
  testing::FaultDisk disk_;
  std::unique_ptr<DiskFolder> folder_;
  std::shared_ptr<Shelf> shelf_;
};

TEST_F(ShelfOfThree, GivesOnlyPiecesThatAreHere) {
  EXPECT_EQ(shelf_->pieces(), map({}));
  EXPECT_EQ(read(0), Errc::kNotFound);
  shelf_->update(map({1}));
  EXPECT_EQ(shelf_->pieces(), map({1}));
  EXPECT_EQ(read(kMiB + 5), std::nullopt);
  EXPECT_EQ(read(2 * kMiB), Errc::kNotFound);
  shelf_->update(map({2}));  // a failed sync took piece 1
  EXPECT_EQ(read(kMiB + 5), Errc::kNotFound);
  EXPECT_EQ(read(2 * kMiB), std::nullopt);
}

TEST_F(ShelfOfThree, GivesNothingOnceItIsClosed) {
  shelf_->update(map({0, 1, 2}));
  EXPECT_EQ(read(0), std::nullopt);
  shelf_->close();
  EXPECT_EQ(read(0), Errc::kNotFound);
}

TEST_F(ShelfOfThree, TellsItsListenersUntilTheyAreGone) {
  int first = 0;
  int second = 0;
  auto one = shelf_->listen([&] { ++first; });
  const auto two = shelf_->listen([&] { ++second; });
  shelf_->update(map({0}));
  one.reset();
  shelf_->update(map({0, 1}));
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 2);
}

TEST_F(ShelfOfThree, OutlivesItsListenersAndTheyOutliveIt) {
  auto one = shelf_->listen([] {});
  shelf_.reset();
  one.reset();
}

}  // namespace
}  // namespace shoal::transfer
