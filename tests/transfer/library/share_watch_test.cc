// SPDX-License-Identifier: Apache-2.0
// What the kernel says about changes, and that scans of just these parts come to the same as a scan
// of all. The kernel queues an event before the call that causes it returns, so nothing is waited
// for.
#include "transfer/library/share_watch.h"

#include <fcntl.h>
#include <rapidcheck.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "tests/transfer/library/library_world.h"

namespace shoal::transfer {

void PrintTo(const Change& change, std::ostream* os) {
  *os << change.range.folder << (change.range.deep ? "/**" : "/*");
}

namespace {

namespace fs = std::filesystem;

class Watch : public LibraryWorld {
 protected:
  Watch() { follow(); }
  void follow(ShareWatch::Options options = {}) {
    watch_ = std::move(*ShareWatch::open(options));
    watch_->follow({share().string()}, {});
  }
  [[nodiscard]] Change part(const std::string& folder, bool deep) const {
    return {share().string(), {folder, deep}};
  }
  using Changes = std::vector<Change>;
  std::unique_ptr<ShareWatch> watch_;
};

TEST_F(Watch, HearsOfAFileWhenItIsClosed) {
  {
    std::ofstream out(share() / "growing");
    out << "half" << std::flush;
    EXPECT_EQ(watch_->take(), Changes{});
  }
  EXPECT_EQ(watch_->take(), (Changes{part("", false)}));
  EXPECT_EQ(watch_->take(), Changes{});
}

TEST_F(Watch, TellsABurstOnce) {
  put("a/one", "1");
  static_cast<void>(watch_->take());
  for (int n = 0; n < 500; ++n) put("a/f" + std::to_string(n % 50), std::to_string(n));
  EXPECT_EQ(watch_->take(), (Changes{part("a", false)}));
}

TEST_F(Watch, HearsOfNewFoldersOfTheirContentsAndOfWhatComesIntoThemLater) {
  put("a/b/c/one", "1");
  EXPECT_EQ(watch_->take(), (Changes{part("a", true)}));
  EXPECT_EQ(watch_->watches(), 4U);
  put("a/b/c/two", "2");
  EXPECT_EQ(watch_->take(), (Changes{part("a/b/c", false)}));
}

TEST_F(Watch, FollowsARenamedFolder) {
  put("old/deep/one", "1");
  put("old-er/one", "1");
  static_cast<void>(watch_->take());
  fs::rename(share() / "old", share() / "new");
  EXPECT_EQ(watch_->take(), (Changes{part("new", true), part("old", true)}));
  put("new/deep/two", "2");
  EXPECT_EQ(watch_->take(), (Changes{part("new/deep", false)}));
  fs::rename(share() / "new", home_ / "outside");
  EXPECT_EQ(watch_->take(), (Changes{part("new", true)}));
  std::ofstream(home_ / "outside/deep/three") << "3";
  EXPECT_EQ(watch_->take(), Changes{});
  EXPECT_EQ(watch_->watches(), 2U);
}

TEST_F(Watch, HearsOfSecondNamesOfFilesAndOfNewTimes) {
  put("one", "1");
  fs::create_directories(share() / "a");
  static_cast<void>(watch_->take());
  fs::create_hard_link(share() / "one", share() / "a/two");
  const auto changes = watch_->take();
  EXPECT_TRUE(std::ranges::find(changes, part("a", false)) != changes.end());
  const std::array<timespec, 2> times = {timespec{7, 0}, timespec{7, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (share() / "one").c_str(), times.data(), 0), 0);
  EXPECT_EQ(watch_->take(), (Changes{part("", false)}));
}

TEST_F(Watch, IsDeafToWhatIsNeverShared) {
  fs::create_directories(share() / "private/inner");
  watch_->follow({share().string()}, closed_folders({(share() / "private").string()}));
  static_cast<void>(watch_->take());
  put(".hidden/file", "h");
  put(".dot", "h");
  put("half.part", "h");
  put("private/index.db-wal", "p");
  put("private/inner/file", "p");
  EXPECT_EQ(watch_->take(), Changes{});
}

TEST_F(Watch, SaysThatAllChangedWhenTheQueueWasTooShort) {
  fs::create_directories(share() / "a");
  static_cast<void>(watch_->take());
  // More than the kernel keeps for one listener, by default 16,384.
  std::ifstream limit("/proc/sys/fs/inotify/max_queued_events");
  unsigned events = 0;
  limit >> events;
  ASSERT_GT(events, 0U);
  const std::string one = (share() / "a/one").string();
  const std::string two = (share() / "a/two").string();
  std::ofstream(one) << "1";
  for (unsigned n = 0; n <= events / 2; ++n) {
    ASSERT_EQ(::rename((n % 2 == 0 ? one : two).c_str(), (n % 2 == 0 ? two : one).c_str()), 0);
  }
  put("unheard/deep/file", "u");
  EXPECT_EQ(watch_->take(), (Changes{part("", true)}));
  EXPECT_EQ(watch_->watches(), 4U);  // those that nobody heard of, too
  put("unheard/deep/more", "m");
  EXPECT_EQ(watch_->take(), (Changes{part("unheard/deep", false)}));
}

TEST_F(Watch, SaysThatItIsLimitedWhereTheWatchesEnd) {
  for (int n = 0; n < 9; ++n) put("d" + std::to_string(n) + "/f", "x");
  follow({.watches_max = 4});
  EXPECT_TRUE(watch_->limited());
  EXPECT_EQ(watch_->watches(), 4U);
  put("top", "t");
  EXPECT_EQ(watch_->take(), (Changes{part("", false)}));
  watch_->follow({}, {});
  EXPECT_EQ(watch_->watches(), 0U);
  fs::create_directories(home_ / "small");
  watch_->follow({(home_ / "small").string()}, {});
  EXPECT_FALSE(watch_->limited());
}

TEST_F(Watch, SaysThatAShareIsGoneAndFollowsItAgainWhenItIsBack) {
  put("a/one", "1");
  static_cast<void>(watch_->take());
  fs::rename(share(), home_ / "away");
  EXPECT_EQ(watch_->take(), (Changes{part("", true)}));
  EXPECT_EQ(watch_->watches(), 0U);
  EXPECT_TRUE(watch_->follow({share().string()}, {}).empty());
  fs::rename(home_ / "away", share());
  EXPECT_EQ(watch_->follow({share().string()}, {}), std::vector{share().string()});
  EXPECT_TRUE(watch_->follow({share().string()}, {}).empty());  // it is already
  put("a/two", "2");
  EXPECT_EQ(watch_->take(), (Changes{part("a", false)}));
}

TEST_F(Watch, HearsOfASingleSharedFileAlone) {
  put("one", "1");
  put("two", "2");
  const std::string one = (share() / "one").string();
  watch_->follow({one}, {});
  static_cast<void>(watch_->take());
  put("two", "22");
  EXPECT_EQ(watch_->take(), Changes{});
  put("one", "11");
  EXPECT_EQ(watch_->take(), (Changes{{one, {"", true}}}));
}

TEST_F(Watch, TellsOfAFolderInTwoSharesForBoth) {
  put("inner/one", "1");
  const std::string inner = (share() / "inner").string();
  watch_->follow({share().string(), inner}, {});
  static_cast<void>(watch_->take());
  put("inner/two", "2");
  EXPECT_EQ(watch_->take(), (Changes{part("inner", false), {inner, {"", false}}}));
  watch_->follow({share().string()}, {});
  put("inner/three", "3");
  EXPECT_EQ(watch_->take(), (Changes{part("inner", false)}));
}

TEST_F(Watch, ManyChangedPartsAreAllOfTheShare) {
  for (std::size_t n = 0; n <= limits::kChangesMax; ++n) {
    fs::create_directories(share() / ("d" + std::to_string(n)));
  }
  static_cast<void>(watch_->take());
  for (std::size_t n = 0; n <= limits::kChangesMax; ++n) {
    put("d" + std::to_string(n) + "/f", "x");
  }
  EXPECT_EQ(watch_->take(), (Changes{part("", true)}));
}

using Step = std::tuple<int, int, int>;

class Model : public Watch {
 protected:
  static constexpr std::array kFolders = {"a", "b", "a/c", "b/d", "a/c/e", "a-b", ".h", "a/.h"};

  [[nodiscard]] fs::path folder(int n) const {
    return share() / kFolders[static_cast<std::size_t>(n) % kFolders.size()];
  }
  void take(const Step& step) {
    const auto [what, first, second] = step;
    std::error_code ignored;
    const fs::path file = folder(first) / ("f" + std::to_string(second % 3));
    switch (what) {
      case 0:
      case 1: {
        fs::create_directories(folder(first), ignored);
        std::ofstream(file) << std::string(static_cast<std::size_t>(clock_ % 7), 'x');
        const std::array<timespec, 2> times = {timespec{++clock_, 0}, timespec{clock_, 0}};
        ::utimensat(AT_FDCWD, file.c_str(), times.data(), 0);
        break;
      }
      case 2:
        fs::remove(file, ignored);
        break;
      case 3:
        fs::rename(folder(first), folder(second), ignored);
        break;
      case 4:
        fs::remove_all(folder(first), ignored);
        break;
      case 5:
        fs::rename(folder(first), home_ / "aside", ignored);
        break;
      case 6:
        fs::rename(home_ / "aside", folder(first), ignored);
        break;
      case 7:
        fs::rename(file, folder(second) / "moved", ignored);
        break;
      default:
        catch_up();
    }
  }
  void catch_up() {
    for (const Change& change : watch_->take()) {
      RC_ASSERT(
          library_->rescan_part(change.share, change.range.folder, change.range.deep).has_value());
    }
  }
  [[nodiscard]] std::vector<std::pair<std::string, ContentId>> listed() const {
    std::vector<std::pair<std::string, ContentId>> out;
    const auto files = library_->files("", 1000).value();
    for (const auto& file : files) out.emplace_back(file.path, file.content);
    std::ranges::sort(out);
    return out;
  }
  long clock_ = 1;
};

TEST_F(Model, ScansOfWhatChangedComeToAScanOfAll) {
  scan();
  EXPECT_TRUE(rc::check([&] {
    const auto steps = *rc::gen::container<std::vector<Step>>(
                            rc::gen::tuple(rc::gen::inRange(0, 10), rc::gen::inRange(0, 8),
                                           rc::gen::inRange(0, 8)))
                            .as("steps");
    for (const Step& step : steps) take(step);
    catch_up();
    const auto heard = listed();
    scan();
    RC_ASSERT(heard == listed());
    RC_TAG(heard.empty() ? "nothing left" : "files left");
    fs::remove_all(home_ / "aside");
  }));
}

}  // namespace
}  // namespace shoal::transfer
