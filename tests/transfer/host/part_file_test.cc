// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/disk/part_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <latch>
#include <thread>
#include <vector>

#include "tests/support/temp_folder.h"
#include "transfer/core/merkle.h"

namespace shoal::transfer {
namespace {

namespace fs = std::filesystem;

// Of each piece a few bytes: the file grows as far as with all of them.
std::vector<std::uint8_t> start_of(std::uint32_t piece) {
  return std::vector<std::uint8_t>(4096, static_cast<std::uint8_t>(piece + 1));
}

class OnePartFile : public ::testing::Test {
 protected:
  OnePartFile() {
    request.content.length = 4 * limits::kReserveBytes;
    request.name = "name";
    request.folder = folder.path();
  }
  void open() {
    Leftover left;
    auto opened = PartFile::open(std::move(open_disk(folder.path()).value()), request, left, 0);
    ASSERT_TRUE(opened) << opened.error().why;
    part = std::move(*opened);
  }
  [[nodiscard]] std::string place_of(const std::string& name) const {
    return folder.path() + "/.part/" + name;
  }

  const tests::TempFolder folder;
  DownloadRequest request;
  std::unique_ptr<PartFile> part;
};

TEST_F(OnePartFile, ThatCannotBeOpenedAnewIsTheOldOne) {
  open();
  const std::vector<std::uint8_t> bytes(5, 7);
  ASSERT_TRUE(part->write(0, bytes));
  const std::string name = place_of(part_name(request.content));
  fs::remove(name);
  fs::create_directory(name);
  EXPECT_FALSE(part->reopen());
  std::vector<std::uint8_t> got(5);
  ASSERT_TRUE(part->read(0, got));
  EXPECT_EQ(got, bytes);
}

TEST_F(OnePartFile, GrowsByTwoRowsWhileRecordsAreAppended) {
  open();
  const Layout layout(request.content.length);
  ASSERT_TRUE(part->append(part->records().manifest(std::vector<Hash256>(layout.pieces))));
  std::latch begin(3);
  const auto write_every_second = [&](std::uint32_t first) {
    begin.arrive_and_wait();
    for (std::uint32_t piece = first; piece < layout.pieces; piece += 2) {
      EXPECT_TRUE(part->write(layout.offset(piece), start_of(piece)));
    }
  };
  std::thread even(write_every_second, 0);
  std::thread odd(write_every_second, 1);
  begin.arrive_and_wait();
  for (std::uint32_t piece = 0; piece < layout.pieces; ++piece) {
    EXPECT_TRUE(part->append(part->records().pieces({piece})));
  }
  even.join();
  odd.join();
  for (std::uint32_t piece = 0; piece < layout.pieces; ++piece) {
    std::vector<std::uint8_t> got(start_of(piece).size());
    ASSERT_TRUE(part->read(layout.offset(piece), got));
    EXPECT_EQ(got, start_of(piece));
  }
  part.reset();
  std::ifstream in(place_of(journal_name(request.content)), std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const JournalContents found = read_journal(text);
  ASSERT_TRUE(found.request);
  EXPECT_EQ(found.request->content, request.content);
  EXPECT_EQ(found.good_bytes, text.size());
  EXPECT_EQ(found.sure.count() + found.claimed.count(), layout.pieces);
}

TEST_F(OnePartFile, ThatWasTakenAwayGetsNoNameAndSaysWhatToDo) {
  open();
  ASSERT_TRUE(part->write(request.content.length - 5, std::vector<std::uint8_t>(5)));
  fs::remove(place_of(part_name(request.content)));
  const auto placed = part->place("name");
  ASSERT_FALSE(placed);
  EXPECT_EQ(placed.error().code, Errc::kNotFound);
  EXPECT_EQ(placed.error().next, "get it again");
}

class TouchedPartFile : public OnePartFile {
 protected:
  void SetUp() override {
    open();
    ASSERT_TRUE(part->write(0, start_of(0)));
    ASSERT_TRUE(part->write(8 * start_of(0).size(), start_of(8)));
  }
  [[nodiscard]] std::string file() const { return place_of(part_name(request.content)); }
};

TEST_F(TouchedPartFile, IsNotByItsOwnWritesAndReaders) {
  ASSERT_TRUE(part->sync());
  ASSERT_TRUE(part->append(part->records().pieces({0})));
  std::vector<std::uint8_t> got(5);
  ASSERT_TRUE(part->reader().value()->read(0, got));
  std::ifstream(file()).get();
  EXPECT_FALSE(part->touched());
}

TEST_F(TouchedPartFile, IsByWhoeverWroteToItAndClosedIt) {
  std::fstream(file(), std::ios::in | std::ios::out) << "x";
  ASSERT_TRUE(part->write(start_of(0).size(), start_of(1)));
  EXPECT_TRUE(part->touched());
  EXPECT_FALSE(part->touched()) << "it is told once";
  fs::rename(file(), file() + "2");
  std::fstream(file() + "2", std::ios::in | std::ios::out) << "x";
  EXPECT_TRUE(part->touched()) << "whatever it is called";
}

TEST_F(TouchedPartFile, IsByWhoeverCutItAlsoWhenItGrewAgain) {
  fs::resize_file(file(), 100);
  ASSERT_TRUE(part->write(request.content.length - 5, std::vector<std::uint8_t>(5)));
  EXPECT_TRUE(part->touched());
  EXPECT_FALSE(part->touched());
}

}  // namespace
}  // namespace shoal::transfer
