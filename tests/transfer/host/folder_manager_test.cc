// SPDX-License-Identifier: Apache-2.0
// Folders on their way, without anybody who has them: what is kept, waited for, and told.
#include "transfer/host/folder_manager.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "proto/types/limits_folders.h"
#include "proto/types/text.h"
#include "tests/support/temp_folder.h"
#include "transfer/core/listing.h"
#include "transfer/core/merkle.h"
#include "transfer/host/folder_note.h"
#include "transfer/host/folder_sources.h"
#include "transfer/host/folder_tree.h"

namespace shoal::transfer {
namespace {

namespace fs = std::filesystem;

ContentId id_of(const std::string& bytes) {
  TreeHasher hasher(bytes.size());
  static_cast<void>(
      hasher.update({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}));
  return hasher.finish().id;
}

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

class FoldersOnTheirWay : public testing::Test {
 protected:
  FoldersOnTheirWay() { fs::create_directories(folder / "dl"); }
  ~FoldersOnTheirWay() override {
    if (!manager) return;
    bool stopped = false;
    manager->stop([&] { stopped = true; });
    for (int times = 0; times < 1000 && !stopped; ++times) io.poll();
    EXPECT_TRUE(stopped);
  }
  void begin(std::uint64_t keep_free = 0) {
    DownloadHooks hooks;
    hooks.keep_free = keep_free;
    manager = std::make_unique<FolderManager>(io.get_executor(), io.get_executor(), hooks);
  }
  // What an earlier process left: a note, maybe the list, and one of two files.
  void leave(bool with_list, const std::vector<std::string>& only = {}) {
    auto tree = std::move(FolderTree::open(folder / "dl", list).value());
    place = tree.place();
    ASSERT_TRUE(tree.keep(to_text(FolderNote{"Album", only, "", 7, {}})));
    write(to_text(id_of("one")), "one");
    if (with_list) write(to_text(list), text);
  }
  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(fs::path(place) / name) << bytes;
  }
  bool is_there(const ContentId& content) const {
    return fs::exists(place + "/" + to_text(content));
  }
  FolderRequest request(const std::string& into = "dl") const {
    fs::create_directories(folder / into);
    return {list, "Album/", folder / into, {}, false, {}};
  }
  FolderStatus comes_to(std::uint64_t id, DownloadState state) {
    for (int times = 0; times < 1000; ++times) {
      const auto now = manager->status(id);
      if (!now || now->state == state) return now.value_or(FolderStatus{});
      io.poll();
    }
    ADD_FAILURE() << to_text(manager->status(id)->state);
    return {};
  }

  const tests::TempFolder folder;
  const std::string text =
      print_listing({{"a", id_of("one")}, {"b/c", id_of("nobody has it")}}).value();
  const ContentId list = id_of(text);
  std::string place = folder / "dl/.part/" + to_text(list) + ".folder";
  boost::asio::io_context io;
  const boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
      io.get_executor()};
  std::unique_ptr<FolderManager> manager;
};

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
  begin(std::uint64_t{1} << 60U);
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
  begin();
  ASSERT_EQ(manager->resume(folder / "dl"), 1U);
  {
    std::signal(SIGXFSZ, SIG_IGN);
    const Limit full(RLIMIT_FSIZE, 0);
    EXPECT_EQ(comes_to(7, DownloadState::kPaused).error->code, Errc::kNoSpace);
  }
  EXPECT_FALSE(manager->status(7)->listed);
  io.run_for(limits::kRoomPause + std::chrono::milliseconds(500));
  const auto now = manager->status(7);
  EXPECT_TRUE(now->listed) << to_text(now->state);
  EXPECT_EQ(now->files_done, 1U);
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

TEST(SourcesOfAFolder, ASearchReplacesOnlyWhatSearchesFound) {
  const auto peer = [](std::uint8_t number) {
    SourceInfo one;
    one.peer.bytes[0] = number;
    return std::vector{one};
  };
  const auto keys = [](const FolderSources& from) {
    std::string all;
    for (const SourceGroup& one : from.groups()) {
      all += one.key_pem + ":" +
             (one.sources.empty() ? "" : std::to_string(one.sources[0].peer.bytes[0])) + " ";
    }
    return all;
  };
  FolderSources none({});
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(keys(none), ": ");
  FolderSources from({{peer(1), ""}, {peer(2), "query"}});
  EXPECT_FALSE(from.empty());
  EXPECT_EQ(keys(from), ":1 query:2 ");
  from.found({}, "nobody");
  EXPECT_EQ(keys(from), ":1 query:2 ");
  from.found(peer(3), "later");
  EXPECT_EQ(keys(from), "later:3 :1 ") << "a link's own source stays, an old query's key does not";
  from.found(peer(4), "last");
  EXPECT_EQ(keys(from), "last:4 :1 ");
}

}  // namespace
}  // namespace shoal::transfer
