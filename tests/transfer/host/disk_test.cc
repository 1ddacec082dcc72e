// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/disk/disk.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/support/temp_folder.h"
#include "transfer/host/disk/part_file.h"
#include "transfer/host/download/download_manager.h"

namespace shoal::transfer {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<DiskFolder> disk_of(const tests::TempFolder& folder) {
  auto disk = open_disk(folder.path());
  EXPECT_TRUE(disk);
  return std::move(*disk);
}

TEST(Disk, AFileThatIsOpenAloneIsRefusedToOthersUntilItIsClosed) {
  const tests::TempFolder folder;
  const auto disk = disk_of(folder);
  auto first = disk->open_alone("journal");
  ASSERT_TRUE(first);
  const auto second = disk_of(folder)->open_alone("journal");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::kConflict);
  first->reset();
  EXPECT_TRUE(disk_of(folder)->open_alone("journal"));
}

// Who ends removes the file: whoever opened it just before must not hold a lock on nothing.
TEST(Disk, AFileThatIsOpenAloneIsAloneThoughItsOwnersRemoveIt) {
  const tests::TempFolder folder;
  std::atomic<int> inside = 0;
  std::atomic<int> together = 0;
  std::atomic<int> entered = 0;
  const auto work = [&] {
    const auto disk = disk_of(folder);
    for (int round = 0; round < 1'000'000 && entered < 2000; ++round) {
      const auto file = disk->open_alone("journal");
      if (!file) continue;
      ++entered;
      if (++inside != 1) ++together;
      std::this_thread::yield();
      --inside;
      disk->remove_part("journal");
    }
  };
  std::thread one(work);
  std::thread two(work);
  std::thread three(work);
  one.join();
  two.join();
  three.join();
  EXPECT_GE(entered, 2000);
  EXPECT_EQ(together, 0);
}

TEST(Disk, RoomIsReservedSoThatTheFileHasIt) {
  const tests::TempFolder folder;
  const auto disk = disk_of(folder);
  const auto file = disk->open_part("part", true);
  ASSERT_TRUE(file);
  ASSERT_TRUE((*file)->reserve(0, 1U << 20U));
  EXPECT_EQ((*file)->size().value(), 1U << 20U);
  EXPECT_GE(disk->part_bytes("part"), 1U << 20U);
  std::vector<std::uint8_t> bytes(16, 1);
  ASSERT_TRUE((*file)->read((1U << 20U) - 16, bytes));
  EXPECT_EQ(bytes, std::vector<std::uint8_t>(16, 0));
}

TEST(Disk, ANameIsGivenOnlyWhenItIsFreeAndLinksAreNotFollowed) {
  const tests::TempFolder folder;
  const auto disk = disk_of(folder);
  ASSERT_TRUE(disk->open_part("part", true));
  std::ofstream(folder.path() + "/mine") << "kept";
  EXPECT_TRUE(disk->is_taken("mine"));
  const auto refused = disk->place("part", "mine");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kConflict);
  EXPECT_EQ(fs::file_size(folder.path() + "/mine"), 4U);
  fs::create_symlink("/nowhere", folder.path() + "/dangling");
  EXPECT_TRUE(disk->is_taken("dangling"));
  EXPECT_FALSE(disk->place("part", "dangling"));
  ASSERT_TRUE(disk->place("part", "yours"));
  EXPECT_TRUE(fs::exists(folder.path() + "/yours"));
  EXPECT_FALSE(disk->has_part("part"));
  fs::create_symlink(folder.path() + "/mine", folder.path() + "/.part/link");
  EXPECT_FALSE(disk->open_part("link", true));
}

TEST(Disk, AFetchedFileHasTheModesOfTheUmaskAndAJournalIsTheOwnersAlone) {
  const tests::TempFolder folder;
  const auto disk = disk_of(folder);
  const mode_t before = ::umask(027);
  ASSERT_TRUE(disk->open_part("x", true));
  ASSERT_TRUE(disk->open_alone("x.journal"));
  ::umask(before);
  struct stat about {};
  ASSERT_EQ(::stat((folder.path() + "/.part/x").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0640U);
  ASSERT_EQ(::stat((folder.path() + "/.part/x.journal").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
  ASSERT_EQ(::stat((folder.path() + "/.part").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0700U);
}

TEST(Disk, APartFileWithoutAJournalGoesWithTheNextStartAndOthersStay) {
  const tests::TempFolder folder;
  fs::create_directory(folder.path() + "/.part");
  ContentId id;
  id.length = 5;
  const std::string orphan = folder.path() + "/.part/" + part_name(id);
  const std::string foreign = folder.path() + "/.part/holiday.part";
  id.length = 6;
  const std::string owned = folder.path() + "/.part/" + part_name(id);
  for (const auto& path : {orphan, foreign, owned}) std::ofstream(path) << "bytes";
  std::ofstream(folder.path() + "/.part/" + journal_name(id)) << "a journal";
  boost::asio::thread_pool pool(1);
  DownloadManager manager(pool.get_executor(), pool.get_executor(), {});
  EXPECT_EQ(manager.resume(folder.path()), 0U);
  EXPECT_FALSE(fs::exists(orphan));
  EXPECT_TRUE(fs::exists(foreign));
  EXPECT_TRUE(fs::exists(owned));
  pool.join();
}

}  // namespace
}  // namespace shoal::transfer
