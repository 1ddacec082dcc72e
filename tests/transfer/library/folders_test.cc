// SPDX-License-Identifier: Apache-2.0
// Folders of a share as things of their own.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>

#include "tests/support/temp_folder.h"
#include "transfer/core/listing.h"
#include "transfer/library/library.h"

namespace shoal::transfer {
namespace {

namespace fs = std::filesystem;

class FoldersOfALibrary : public testing::Test {
 protected:
  FoldersOfALibrary() {
    fs::create_directories(folder / "Music");
    reopen();
  }
  void reopen() {
    library.reset();
    library = std::move(Library::open({.database = folder / "index.db"}).value());
  }
  void put(const std::string& path, const std::string& bytes) {
    fs::create_directories((fs::path(folder / "Music") / path).parent_path());
    std::ofstream(fs::path(folder / "Music") / path) << bytes;
  }
  ScanSummary scan() { return library->add_share(folder / "Music").value(); }
  ContentId id(const std::string& path) { return library->at(folder / path).value().content; }
  std::vector<std::string> listed(const std::string& path) {
    const auto list = library->folder_list(id(path));
    std::vector<std::string> out;
    const auto entries = parse_listing(list.value().text);
    for (const auto& entry : entries.value()) {
      out.push_back(entry.path + (entry.content ? "" : "/"));
    }
    return out;
  }
  using Paths = std::vector<std::string>;

  const tests::TempFolder folder;
  std::unique_ptr<Library> library;
};

TEST_F(FoldersOfALibrary, EachHasAListWithWhatIsInIt) {
  put("Album/1.flac", "one");
  put("Album/art/front.png", "two");
  put("Album-2/x", "three");
  fs::create_directories(folder / "Music/Album/void/er");
  put("Album/.hidden/x", "no");
  scan();
  EXPECT_EQ(listed("Music"),
            (Paths{"Album/1.flac", "Album/art/front.png", "Album/void/er/", "Album-2/x"}));
  EXPECT_EQ(listed("Music/Album"), (Paths{"1.flac", "art/front.png", "void/er/"}));
  EXPECT_EQ(listed("Music/Album/art"), Paths{"front.png"});
  const auto list = library->folder_list(id("Music/Album"));
  EXPECT_EQ(list->name, "Album/");
  EXPECT_EQ(parse_listing(list->text)->front().content, id("Music/Album/1.flac"));
  EXPECT_EQ(library->at(folder / "Music/nothing").error().code, Errc::kNotFound);
}

TEST_F(FoldersOfALibrary, AreFoundByTheirNamesAndIds) {
  put("Álbum blanco/1.flac", "one");
  scan();
  const auto found = library->search({.terms = "album", .content = {}});
  ASSERT_EQ(found->files.size(), 2U);
  EXPECT_EQ(found->files[0].name, "Álbum blanco/");
  EXPECT_EQ(found->files[1].name, "1.flac");
  const auto same = library->search({.terms = {}, .content = found->files[0].content});
  ASSERT_EQ(same->files.size(), 1U);
  EXPECT_EQ(same->files[0].name, "Álbum blanco/");
  ASSERT_TRUE(library->remove_share(folder / "Music"));
  EXPECT_TRUE(library->search({.terms = "album", .content = {}})->files.empty());
  EXPECT_FALSE(library->folder_list(found->files[0].content));
}

TEST_F(FoldersOfALibrary, TheSameFilesAreTheSameFolderWhateverItIsCalled) {
  put("a/x/1", "one");
  put("b/x/1", "one");
  scan();
  EXPECT_EQ(id("Music/a"), id("Music/b"));
  EXPECT_NE(id("Music/a"), id("Music/a/x"));
}

TEST_F(FoldersOfALibrary, AChangeGivesAnotherId) {
  put("Album/1", "one");
  put("other/1", "one");
  scan();
  const auto before = id("Music/Album");
  const auto kept = id("Music/other");
  reopen();
  scan();
  EXPECT_EQ(id("Music/Album"), before);
  const auto changes = std::vector<std::function<void()>>{
      [&] { put("Album/1", "another"); }, [&] { put("Album/2", "two"); },
      [&] { fs::remove(folder / "Music/Album/1"); },
      [&] { fs::create_directory(folder / "Music/Album/new"); },
      [&] { fs::remove(folder / "Music/Album/new"); }};
  auto last = before;
  for (const auto& change : changes) {
    change();
    scan();
    EXPECT_NE(id("Music/Album"), last);
    last = id("Music/Album");
    EXPECT_EQ(id("Music/other"), kept);
  }
}

TEST_F(FoldersOfALibrary, APartThatIsScannedKeepsWhatIsBesideIt) {
  put("Album/1", "one");
  fs::create_directories(folder / "Music/void");
  scan();
  put("Album/2", "two");
  fs::create_directories(folder / "Music/Album/new");
  ASSERT_TRUE(library->rescan_part(folder / "Music", "Album", true));
  EXPECT_EQ(listed("Music"), (Paths{"Album/1", "Album/2", "Album/new/", "void/"}));
  fs::remove(folder / "Music/Album/new");
  ASSERT_TRUE(library->rescan_part(folder / "Music", "Album", true));
  EXPECT_EQ(listed("Music"), (Paths{"Album/1", "Album/2", "void/"}));
}

// Rows are written in batches, ids at the end.
TEST_F(FoldersOfALibrary, AScanThatEndsBetweenItsRowsAndItsFoldersLeavesNoOldId) {
  put("Album/1", "one");
  put("Album/deep/1", "one");
  put("other/1", "one");
  scan();
  const auto old = id("Music/Album");
  const auto deep = id("Music/Album/deep");
  const auto other = id("Music/other");
  put("Album/2", "two");
  const auto stopped = library->add_share(
      folder / "Music", [](const ScanProgress& now) { return now.files < now.files_total; });
  ASSERT_EQ(stopped.error().code, Errc::kCancelled);
  ASSERT_EQ(library->search({.terms = "2", .content = {}})->files.size(), 1U);
  for (const bool again : {false, true}) {
    if (again) reopen();
    EXPECT_FALSE(library->at(folder / "Music/Album"));
    const auto words = library->search({.terms = "album", .content = {}});
    for (const HitFile& hit : words->files) EXPECT_NE(hit.name, "Album/");
    EXPECT_EQ(id("Music/Album/deep"), deep) << "what is as it was stays";
    EXPECT_EQ(id("Music/other"), other);
  }
  EXPECT_EQ(scan().listed, 0U) << "all its rows are there already";
  EXPECT_NE(id("Music/Album"), old);
  EXPECT_EQ(listed("Music/Album"), (Paths{"1", "2", "deep/1"}));
  EXPECT_EQ(listed("Music"), (Paths{"Album/1", "Album/2", "Album/deep/1", "other/1"}));
  EXPECT_EQ(id("Music/other"), other);
}

TEST_F(FoldersOfALibrary, AskedForAgainChangeNothing) {
  put("Album/1", "one");
  scan();
  const auto album = library->folder_list(id("Music/Album"));
  ASSERT_TRUE(album);
  EXPECT_EQ(album->tree.id, id("Music/Album"));
  const auto before = library->version();
  ASSERT_TRUE(before);
  EXPECT_TRUE(library->folder_list(album->tree.id));
  EXPECT_EQ(*library->version(), *before);
  put("Album/2", "two");
  scan();
  EXPECT_NE(*library->version(), *before);
}

TEST_F(FoldersOfALibrary, AreListedForOverlaysThatPublish) {
  put("Album/1", "one");
  scan();
  std::vector<ContentId> all;
  for (ContentId after{};;) {
    const auto page = library->contents(after, 1);
    if (page->empty()) break;
    all.push_back(page->front().content);
    after = all.back();
  }
  EXPECT_EQ(all.size(), 3U);
  for (const char* path : {"Music", "Music/Album", "Music/Album/1"}) {
    EXPECT_TRUE(std::ranges::find(all, id(path)) != all.end()) << path;
  }
}

}  // namespace
}  // namespace shoal::transfer
