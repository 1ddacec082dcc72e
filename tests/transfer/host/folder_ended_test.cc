// SPDX-License-Identifier: Apache-2.0
// Folders that have ended: what is told of them, and listed in the next process.
#include <gtest/gtest.h>

#include <algorithm>

#include "proto/types/limits_folders.h"
#include "tests/transfer/host/folder_world.h"

namespace shoal::transfer {
namespace {

class EndedFolders : public testing::FoldersOnTheirWay {
 protected:
  void begin() {
    manager =
        std::make_unique<FolderManager>(io.get_executor(), io.get_executor(), hooks, times,
                                        [this](const FolderStatus& one) { ended.push_back(one); });
  }
  // As an earlier process may have ended one.
  [[nodiscard]] FolderStatus old(std::uint64_t id, DownloadState state) const {
    FolderStatus one;
    one.id = id;
    one.content = list;
    one.name = "Album";
    one.folder = std::filesystem::canonical(folder / "dl").string();
    one.state = state;
    return one;
  }

  std::vector<FolderStatus> ended;
};

TEST_F(EndedFolders, ThoseThatEndedEarlierAreListedAndTheirNumbersAreTheirs) {
  begin();
  manager->remember({old(3, DownloadState::kDone), old(9, DownloadState::kFailed)});
  const auto id = manager->start(request("other"));
  ASSERT_TRUE(id);
  EXPECT_EQ(*id, 10U);
  ASSERT_EQ(manager->list().size(), 3U);
  EXPECT_EQ(manager->list()[0].id, 3U);
  EXPECT_EQ(manager->status(3)->state, DownloadState::kDone);
  EXPECT_EQ(manager->status(9)->state, DownloadState::kFailed);
  for (const auto& changed : {manager->pause(3), manager->cancel(3), manager->go_on(9)}) {
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().code, Errc::kConflict);
  }
  EXPECT_EQ(manager->files(3, 0, 10).error().code, Errc::kNotFound);
  EXPECT_TRUE(ended.empty());
  ASSERT_TRUE(manager->cancel(10));
  comes_to(10, DownloadState::kCancelled);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].id, 10U);
  EXPECT_EQ(ended[0].state, DownloadState::kCancelled);
}

TEST_F(EndedFolders, OneThatFailedEarlierAndGoesOnHasItsNumberAgain) {
  leave(true);
  begin();
  manager->remember({old(7, DownloadState::kFailed), old(8, DownloadState::kDone)});
  ASSERT_EQ(manager->resume(folder / "dl"), 1U);
  ASSERT_EQ(manager->list().size(), 2U);
  EXPECT_LT(manager->status(7)->state, DownloadState::kDone);
}

TEST_F(EndedFolders, OneForWhichThereIsNoPlaceIsListedWithTheReasonAndGoesOnLater) {
  for (const bool known : {true, false}) {
    SCOPED_TRACE(known ? "it failed before" : "it was on its way");
    leave(true);
    begin();
    if (known) manager->remember({old(7, DownloadState::kFailed)});
    std::vector<std::uint64_t> others;
    for (std::size_t at = 0; at < limits::kFoldersAtOnce; ++at) {
      others.push_back(manager->start(request("dl" + std::to_string(at))).value());
    }
    EXPECT_EQ(manager->resume(folder / "dl"), 0U);
    const auto all = manager->list();
    ASSERT_EQ(all.size(), others.size() + 1);
    const auto waiting = std::ranges::find(all, DownloadState::kFailed, &FolderStatus::state);
    ASSERT_NE(waiting, all.end());
    EXPECT_EQ(waiting->error->code, Errc::kOverloaded);
    EXPECT_EQ(waiting->id == 7U, known);
    EXPECT_EQ(note()->id, 7U) << "it is as it was";
    ASSERT_TRUE(manager->cancel(others.front()));
    comes_to(others.front(), DownloadState::kCancelled);
    ASSERT_TRUE(manager->go_on(waiting->id));
    EXPECT_LT(manager->status(waiting->id)->state, DownloadState::kDone);
    end();
  }
}

TEST_F(EndedFolders, OneThatFailedStaysListedWhileTheProcessEnds) {
  leave(true);
  begin();
  manager->remember({old(7, DownloadState::kFailed)});
  manager->stop({});
  EXPECT_EQ(manager->resume(folder / "dl"), 0U);
  ASSERT_EQ(manager->list().size(), 1U);
  EXPECT_EQ(manager->status(7)->state, DownloadState::kFailed);
}

TEST_F(EndedFolders, OneThatWasDoneKeepsItsNumberWhateverLiesThere) {
  leave(true);
  begin();
  manager->remember({old(7, DownloadState::kDone)});
  ASSERT_EQ(manager->resume(folder / "dl"), 1U);
  EXPECT_EQ(manager->status(7)->state, DownloadState::kDone);
  ASSERT_TRUE(manager->status(8));
  EXPECT_LT(manager->status(8)->state, DownloadState::kDone);
}

TEST_F(EndedFolders, OfThoseThatEndedTheOldestAreForgotten) {
  begin();
  std::vector<FolderStatus> many;
  for (std::uint64_t id = 1; id <= limits::kFoldersRemembered + 2; ++id) {
    many.push_back(old(id, DownloadState::kDone));
  }
  manager->remember(std::move(many));
  EXPECT_EQ(manager->list().size(), limits::kFoldersRemembered);
  EXPECT_FALSE(manager->status(2));
  EXPECT_TRUE(manager->status(3));
}

TEST_F(EndedFolders, AProcessThatEndsHasEndedNone) {
  leave(true);
  begin();
  ASSERT_EQ(manager->resume(folder / "dl"), 1U);
  manager->stop({});
  comes_to(7, DownloadState::kStopped);
  EXPECT_TRUE(ended.empty());
}

}  // namespace
}  // namespace shoal::transfer
