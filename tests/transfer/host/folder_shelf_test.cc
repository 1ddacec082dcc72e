// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/folder/folder_shelf.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/transfer/host/folder_world.h"
#include "transfer/host/serve/placed_file.h"

namespace shoal::transfer {
namespace {

namespace fs = std::filesystem;

using testing::FoldersOnTheirWay;
using testing::id_of;
using testing::tree_of;

class ShelfOfAFolder : public ::testing::Test {
 protected:
  ShelfOfAFolder() {
    fs::create_directories(stage_);
    hooks_.keep_free = 0;
    hooks_.find_here = [this](const ContentId& content) -> std::optional<LocalCopy> {
      auto file = PlacedFile::open(elsewhere_, content, large_.layer);
      if (!file) return std::nullopt;
      return LocalCopy{*file, elsewhere_};
    };
    files_ = std::make_shared<DownloadManager>(io_.get_executor(), io_.get_executor(), hooks_);
  }
  ~ShelfOfAFolder() override {
    bool stopped = false;
    files_->stop([&] { stopped = true; });
    while (!stopped && io_.run_one() > 0) continue;
    EXPECT_TRUE(stopped);
  }
  [[nodiscard]] std::string path_of(const ContentId& content) const {
    return stage_ + "/" + to_text(content);
  }
  static void write(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
  }
  // By a download into the stage, whose bytes were on this machine.
  void fetch_large() {
    write(elsewhere_, bytes_);
    const auto id = files_->start({large_.id, to_text(large_.id), stage_, {}, {}});
    ASSERT_TRUE(id) << id.error().why;
    while (files_->status(*id)->state != DownloadState::kDone && io_.run_one() > 0) continue;
    ASSERT_EQ(files_->status(*id)->state, DownloadState::kDone);
  }
  static std::string read(ServedFile& file, std::uint64_t offset, std::size_t length) {
    std::string out(length, '\0');
    const bool done =
        file.read(offset, {reinterpret_cast<std::uint8_t*>(out.data()), length}).has_value();
    return done ? out : "";
  }

  const tests::TempFolder folder_;
  const std::string stage_ = folder_ / "stage";
  const std::string elsewhere_ = folder_ / "elsewhere";
  const std::string bytes_ = std::string(2'000'000, 'a') + std::string(500'000, 'b');
  const FileTree large_ = tree_of(bytes_);
  const ContentId small_ = tree_of("small").id;
  boost::asio::io_context io_;
  const boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      io_.get_executor()};
  DownloadHooks hooks_;
  std::shared_ptr<DownloadManager> files_;
  FolderShelf shelf_{stage_};
};

TEST_F(ShelfOfAFolder, GivesWhatIsWholeWhileItIsOpen) {
  write(path_of(small_), "small");
  EXPECT_FALSE(shelf_.open_file(small_));
  shelf_.open(files_);
  const auto file = shelf_.open_file(small_);
  ASSERT_TRUE(file);
  EXPECT_EQ(read(**file, 1, 4), "mall");
  EXPECT_FALSE(shelf_.open_file(large_.id));
  shelf_.close();
  EXPECT_FALSE(shelf_.open_file(small_));
  const auto copy = shelf_.copy_of(small_);
  ASSERT_TRUE(copy);
  EXPECT_EQ(copy->path, path_of(small_));
}

TEST_F(ShelfOfAFolder, KnowsThePiecesOfAWholeFileInTheNextProcessToo) {
  shelf_.open(files_);
  fetch_large();
  EXPECT_FALSE(shelf_.open_file(large_.id)) << "its pieces are not proven yet";
  shelf_.keep(large_.id);
  FolderShelf next(stage_);
  next.open(files_);
  const auto file = next.open_file(large_.id);
  ASSERT_TRUE(file);
  EXPECT_EQ((*file)->layer(), large_.layer);
  EXPECT_EQ(read(**file, 1'999'999, 2), "ab");
  // What was spoiled meanwhile is given to nobody.
  std::fstream(path_of(large_.id), std::ios::in | std::ios::out).seekp(2'400'000) << "x";
  const auto again = next.open_file(large_.id);
  ASSERT_TRUE(again);
  EXPECT_EQ(read(**again, 0, 2), "aa");
  EXPECT_EQ(read(**again, 2'400'000, 1), "");
  write(path_of(large_.id) + ".layer", std::string(large_.layer.size() * Hash256::kSize, 'x'));
  EXPECT_FALSE(next.open_file(large_.id));
}

TEST_F(ShelfOfAFolder, AFileOnItSaysThatAllOfItIsHereUnderItsOwnName) {
  write(path_of(small_), "small");
  shelf_.open(files_);
  auto file = shelf_.open_file(small_);
  ASSERT_TRUE(file);
  const ShelvedFile shelved(*file, "a small one");
  EXPECT_EQ(shelved.name(), "a small one");
  ASSERT_TRUE(shelved.pieces());
  EXPECT_TRUE(shelved.pieces()->all());
  EXPECT_EQ(shelved.pieces()->size(), 1U);
}

TEST_F(FoldersOnTheirWay, WhatIsThereIsGivenUnderItsNameWhileItIsFetched) {
  leave(true);
  begin();
  ASSERT_EQ(manager->resume(folder / "dl"), 1U);
  comes_to(7, DownloadState::kSeeking);
  const auto listed = manager->open_running(list);
  ASSERT_TRUE(listed);
  EXPECT_EQ((*listed)->name(), "Album/");
  const auto file = manager->open_running(id_of("one"));
  ASSERT_TRUE(file);
  EXPECT_EQ((*file)->name(), "a");
  const auto coming = manager->open_running(id_of("nobody has it"));
  EXPECT_TRUE(!coming || (*coming)->pieces()->count() == 0);
  // A file that lies there and is not in the list is nobody's.
  write(to_text(id_of("stray")), "stray");
  EXPECT_FALSE(manager->open_running(id_of("stray")));
  ASSERT_TRUE(manager->pause(7));
  comes_to(7, DownloadState::kHeld);
  EXPECT_FALSE(manager->open_running(list));
  EXPECT_FALSE(manager->open_running(id_of("one")));
  EXPECT_TRUE(manager->find_staged(id_of("one"))) << "this peer itself may copy it";
}

}  // namespace
}  // namespace shoal::transfer
