// SPDX-License-Identifier: Apache-2.0
// Folders on their way, without anybody who has them: what is kept, waited for, and told.
#include "transfer/host/folder/folder_manager.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "proto/types/limits_folders.h"
#include "tests/transfer/host/folder_world.h"
#include "transfer/host/serve/placed_file.h"

namespace shoal::transfer {
namespace {

namespace fs = std::filesystem;
using testing::FoldersOnTheirWay;
using testing::id_of;
using testing::tree_of;

// A limit of this process, until its end.
class Limit {
 public:
  Limit(decltype(RLIMIT_NOFILE) what, rlim_t value) : what_(what) {
    ::getrlimit(what_, &before_);
    const rlimit now{value, before_.rlim_max};
    ::setrlimit(what_, &now);
  }
  ~Limit() { ::setrlimit(what_, &before_); }
  Limit(const Limit&) = delete;
  Limit& operator=(const Limit&) = delete;

 private:
  decltype(RLIMIT_NOFILE) what_;
  rlimit before_{};
};

rlim_t next_descriptor() {
  const int next = ::dup(0);
  ::close(next);
  return static_cast<rlim_t>(next);
}

TEST_F(FoldersOnTheirWay, WhatCannotBeReadIsNotTakenForGone) {
  leave(true);
  {
    auto tree = std::move(FolderTree::open(folder / "dl", list).value());
    const Limit no_more(RLIMIT_NOFILE, next_descriptor());
    EXPECT_EQ(tree.note().error().code, Errc::kIo);
    EXPECT_EQ(tree.has_whole(list).error().code, Errc::kIo);
    EXPECT_EQ(tree.read_list(list).error().code, Errc::kIo);
  }
  fs::remove(place + "/note");
  fs::create_directory(place + "/note");
  begin();
  EXPECT_EQ(manager->resume(folder / "dl"), 0U);
  const auto id = manager->start(request());
  ASSERT_TRUE(id);
  EXPECT_EQ(comes_to(*id, DownloadState::kFailed).error->code, Errc::kDenied);
  EXPECT_TRUE(is_there(list));
  EXPECT_TRUE(is_there(id_of("one")));
  fs::remove(place + "/note");
  EXPECT_EQ(manager->resume(folder / "dl"), 0U) << "that was cancelled";
  EXPECT_FALSE(fs::exists(place));
}

TEST_F(FoldersOnTheirWay, ResumedOnAFullDiskTheyWait) {
  leave(false);
  hooks.keep_free = std::uint64_t{1} << 60U;
  begin();
  ASSERT_EQ(manager->resume(folder / "dl"), 1U);
  EXPECT_EQ(comes_to(7, DownloadState::kPaused).error->code, Errc::kNoSpace);
  EXPECT_TRUE(is_there(id_of("one")));
  // One that was never begun is refused.
  const auto other = manager->start(request("other"));
  ASSERT_TRUE(other);
  EXPECT_EQ(comes_to(*other, DownloadState::kFailed).error->code, Errc::kNoSpace);
}

// Each looks again after a pause, and goes on with what it could not do.
TEST_F(FoldersOnTheirWay, WhatCouldNotBeNotedIsNotedWhenThereIsRoom) {
  leave(true);
  times.room_pause = std::chrono::milliseconds(1);
  begin();
  ASSERT_EQ(manager->resume(folder / "dl"), 1U);
  {
    std::signal(SIGXFSZ, SIG_IGN);
    const Limit full(RLIMIT_FSIZE, 0);
    EXPECT_EQ(comes_to(7, DownloadState::kPaused).error->code, Errc::kNoSpace);
  }
  EXPECT_FALSE(manager->status(7)->listed);
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!manager->status(7)->listed && io.run_one_until(until) > 0) {
  }
  const auto now = manager->status(7);
  ASSERT_TRUE(now->listed) << to_text(now->state);
  EXPECT_EQ(now->files_done, 1U);
}

TEST_F(FoldersOnTheirWay, AListThatIsReplacedBeforeItIsReadCostsNothingElse) {
  leave(false);
  std::ofstream(folder / "source") << text;
  hooks.find_here = [&](const ContentId& content) -> std::optional<LocalCopy> {
    if (content != list) return std::nullopt;
    return LocalCopy{PlacedFile::open(folder / "source", list, tree_of(text).layer).value(),
                     folder / "source"};
  };
  begin();
  ASSERT_EQ(manager->resume(folder / "dl"), 1U);
  for (int turns = 0; turns < 1000 && !is_there(list); ++turns) io.poll_one();
  ASSERT_TRUE(is_there(list));
  ASSERT_FALSE(manager->status(7)->listed);
  write(to_text(list), std::string(text.size(), 'x'));
  EXPECT_EQ(comes_to(7, DownloadState::kFailed).error->what,
            "the folder's list is not where it was");
  EXPECT_TRUE(is_there(id_of("one")));
  EXPECT_TRUE(note());
}

TEST_F(FoldersOnTheirWay, ASelectionIsNotedOnceItIsKnownToSelectSomething) {
  leave(true, {"a"});
  begin();
  auto wanted = request();
  wanted.only = {"zzz"};
  const auto nothing = manager->start(wanted);
  ASSERT_TRUE(nothing);
  EXPECT_EQ(comes_to(*nothing, DownloadState::kFailed).error->code, Errc::kNotFound);
  EXPECT_EQ(note()->only, std::vector<std::string>{"a"});
  wanted.only = {"b/"};
  const auto other = manager->start(wanted);
  ASSERT_TRUE(other);
  settle();
  EXPECT_EQ(manager->status(*other)->files_selected, 1U);
  EXPECT_EQ(note()->only, std::vector<std::string>{"b/"});
}

TEST_F(FoldersOnTheirWay, ASelectionThatWasNotJudgedIsNotNotedAtAPause) {
  leave(false, {"a"});
  begin();
  auto wanted = request();
  wanted.only = {"zzz"};
  const auto id = manager->start(wanted);
  ASSERT_TRUE(id);
  settle();
  ASSERT_TRUE(manager->pause(*id));
  comes_to(*id, DownloadState::kHeld);
  ASSERT_TRUE(note());
  EXPECT_TRUE(note()->paused);
  EXPECT_EQ(note()->only, std::vector<std::string>{"a"});
}

TEST_F(FoldersOnTheirWay, PausedBeforeItIsOpenedItKnowsWhichNameItWasAboutToGet) {
  leave(true);
  {
    auto tree = std::move(FolderTree::open(folder / "dl", list).value());
    ASSERT_TRUE(tree.keep(to_text(FolderNote{"Album", {}, "Album", 7})));
  }
  fs::create_directories(folder / "dl/Album/b");
  std::ofstream(folder / "dl/Album/a") << "one";
  std::ofstream(folder / "dl/Album/b/c") << "nobody has it";
  begin();
  ASSERT_EQ(manager->resume(folder / "dl"), 1U);
  ASSERT_TRUE(manager->pause(7));
  comes_to(7, DownloadState::kHeld);
  EXPECT_EQ(note()->placing, "Album");
  ASSERT_TRUE(manager->go_on(7));
  EXPECT_EQ(fs::path(comes_to(7, DownloadState::kDone).path).filename(), "Album");
}

TEST_F(FoldersOnTheirWay, OneWhoseNoteCannotBeUsedIsListedAndCanBeCancelled) {
  for (const bool damaged : {true, false}) {
    SCOPED_TRACE(damaged ? "damaged" : "cannot be read");
    leave(true);
    fs::remove(place + "/note");
    if (damaged) {
      write("note", "nonsense");
    } else {
      fs::create_directory(place + "/note");
    }
    auto good = std::move(FolderTree::open(folder / "dl", id_of("another list")).value());
    ASSERT_TRUE(good.keep(to_text(FolderNote{"Good", {}, "", 1, FolderPause{}})));
    good = std::move(FolderTree::look(folder / "dl", id_of("another list")).value());
    begin();
    EXPECT_EQ(manager->resume(folder / "dl"), 0U);
    EXPECT_EQ(manager->resume(folder / "dl"), 0U);
    ASSERT_EQ(manager->list().size(), 2U);
    EXPECT_EQ(manager->status(1)->name, "Good") << "it has its number";
    const FolderStatus bad = manager->list()[1];
    EXPECT_EQ(bad.state, DownloadState::kFailed);
    EXPECT_EQ(bad.error->code, Errc::kIo);
    EXPECT_TRUE(is_there(id_of("one")));
    ASSERT_TRUE(manager->cancel(bad.id));
    comes_to(bad.id, DownloadState::kCancelled);
    EXPECT_FALSE(fs::exists(place));
  }
}

TEST_F(FoldersOnTheirWay, CancellingOneThatIsPausedNeedsNoPlaceAmongThoseThatRun) {
  leave(true);
  begin();
  ASSERT_EQ(manager->resume(folder / "dl"), 1U);
  ASSERT_TRUE(manager->pause(7));
  comes_to(7, DownloadState::kHeld);
  for (std::size_t at = 0; at < limits::kFoldersAtOnce; ++at) {
    ASSERT_TRUE(manager->start(request("dl" + std::to_string(at))));
  }
  EXPECT_EQ(manager->go_on(7).error().code, Errc::kOverloaded);
  ASSERT_TRUE(manager->cancel(7));
  comes_to(7, DownloadState::kCancelled);
  EXPECT_FALSE(fs::exists(place));
}

TEST_F(FoldersOnTheirWay, TheListOfOneThatIsPausedIsShown) {
  leave(true, {"b/"});
  for (const bool restarted : {false, true}) {
    begin();
    if (!restarted) {
      ASSERT_EQ(manager->resume(folder / "dl"), 1U);
      ASSERT_TRUE(manager->pause(7));
      comes_to(7, DownloadState::kHeld);
    } else {
      manager->resume(folder / "dl");
    }
    auto wanted = request();
    wanted.list_only = true;
    const auto id = manager->start(wanted);
    ASSERT_TRUE(id) << id.error().why;
    EXPECT_EQ(*id, 7U);
    EXPECT_TRUE(manager->status(7)->listed);
    EXPECT_EQ(manager->status(7)->state, DownloadState::kHeld);
    const auto files = manager->files(7, 0, 10);
    ASSERT_TRUE(files);
    ASSERT_EQ(files->size(), 2U);
    EXPECT_FALSE((*files)[0].selected);
    EXPECT_TRUE((*files)[1].selected);
  }
}

TEST_F(FoldersOnTheirWay, TheListsOfAFewThatArePausedAreKeptThoseThatWereShownLast) {
  begin();
  auto wanted = request();
  wanted.list_only = true;
  std::vector<std::uint64_t> ids;
  for (std::size_t at = 0; at <= limits::kFolderFilesRemembered; ++at) {
    const std::string into = "dl" + std::to_string(at);
    leave(true, {}, into, FolderPause{});
    manager->resume(folder / into);
    wanted.folder = folder / into;
    ids.push_back(manager->start(wanted).value());
  }
  for (const std::uint64_t id : ids) EXPECT_EQ(manager->files(id, 0, 1).has_value(), id != ids[0]);
  wanted.folder = folder / "dl0";
  ASSERT_EQ(manager->start(wanted), ids[0]);
  EXPECT_TRUE(manager->files(ids[0], 0, 1));
  EXPECT_FALSE(manager->files(ids[1], 0, 1));
}

// Else a giver has more streams at once than a friend may let wait there.
TEST_F(FoldersOnTheirWay, AskForAFewFilesAtOnceAlsoWhileTheirGiverIsDialled) {
  std::vector<ListingEntry> files;
  for (int file = 10; file < 60; ++file) {
    files.push_back({std::to_string(file), id_of(std::to_string(file))});
  }
  const std::string many = print_listing(files).value();
  {
    auto tree = std::move(FolderTree::open(folder / "dl", id_of(many)).value());
    place = tree.place();
    ASSERT_TRUE(tree.keep(to_text(FolderNote{"Many", {}, "", 7, {}})));
  }
  write(to_text(id_of(many)), many);
  // It is there and says nothing.
  boost::asio::ip::tcp::acceptor silent(io, {boost::asio::ip::address_v4::loopback(), 0});
  hooks.connect = [](const std::string& endpoint, const PeerId&, const std::string&) {
    return SourceRoute(grpc::CreateChannel(endpoint, grpc::InsecureChannelCredentials()));
  };
  const std::string endpoint = "127.0.0.1:" + std::to_string(silent.local_endpoint().port());
  begin();
  FolderRequest wanted{id_of(many), "Many/", folder / "dl", {}, false, {}};
  wanted.groups.push_back({{{.peer = {}, .endpoints = {endpoint}, .card = {}}}, {}});
  ASSERT_TRUE(manager->start(wanted));
  settle();
  const auto begun = std::ranges::count_if(fs::directory_iterator(place + "/.part"), [](auto& one) {
    return one.path().extension() == ".journal";
  });
  EXPECT_EQ(begun, std::ptrdiff_t{limits::kFolderFilesAtOnce});
  bool stopped = false;
  manager->stop([&] { stopped = true; });
  while (!stopped) io.run_one();
  manager.reset();
}

TEST_F(FoldersOnTheirWay, APausedListIsShownWhileAnotherProcessHasTheFolder) {
  leave(true, {}, "dl", FolderPause{});
  begin();
  manager->resume(folder / "dl");
  const auto other = FolderTree::open(folder / "dl", list);
  ASSERT_TRUE(other);
  auto wanted = request();
  wanted.list_only = true;
  EXPECT_EQ(manager->start(wanted), 7U);
  EXPECT_TRUE(manager->files(7, 0, 1));
}

}  // namespace
}  // namespace shoal::transfer
