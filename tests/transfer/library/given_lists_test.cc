// SPDX-License-Identifier: Apache-2.0
// What becomes of a folder's id when the folder changes.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "proto/types/limits_folders.h"
#include "proto/types/text.h"
#include "tests/support/temp_folder.h"
#include "transfer/core/listing.h"
#include "transfer/library/library.h"

namespace shoal::transfer {
namespace {

namespace fs = std::filesystem;

class GivenLists : public testing::Test {
 protected:
  GivenLists() {
    fs::create_directories(folder / "Music");
    reopen();
  }
  void reopen() {
    library.reset();
    library = std::move(Library::open({.database = folder / "index.db"}).value());
  }
  [[nodiscard]] fs::path at(const std::string& path) const {
    return fs::path(folder / "Music") / path;
  }
  void put(const std::string& path, const std::string& bytes) {
    fs::create_directories(at(path).parent_path());
    std::ofstream(at(path)) << bytes;
    scan();
  }
  void scan() { ASSERT_TRUE(library->add_share(folder / "Music")); }
  ContentId link(const std::string& path) { return library->at(at(path)).value().content; }
  std::string trouble(const ContentId& id) {
    const auto list = library->folder_list(id);
    return list ? "" : list.error().what + ": " + list.error().why;
  }
  std::size_t hits(const ContentId& id) {
    return library->search({.terms = {}, .content = id})->files.size();
  }

  const tests::TempFolder folder;
  std::unique_ptr<Library> library;
};

TEST_F(GivenLists, StayAsTheyWereWhileAllTheirFilesAreShared) {
  put("Album/1.flac", "one");
  put("Album/b/2.flac", "two");
  const ContentId old = link("Album");
  const std::string text = library->folder_list(old)->text;
  put("Album/3.flac", "three");
  EXPECT_NE(link("Album"), old);
  fs::rename(at("Album/1.flac"), at("first.flac"));
  scan();
  reopen();
  const auto list = library->folder_list(old);
  ASSERT_TRUE(list) << list.error().why;
  EXPECT_EQ(list->text, text);
  EXPECT_EQ(list->name, "Album/");
  const auto found = library->search({.terms = {}, .content = old});
  ASSERT_EQ(found->files.size(), 1U);
  EXPECT_EQ(found->files.front(), (HitFile{old, "Album/"}));
  const auto words = library->search({.terms = "album", .content = {}});
  for (const HitFile& hit : words->files) EXPECT_NE(hit.content, old) << "words find what is now";
}

TEST_F(GivenLists, SayWhatChanged) {
  for (const std::string name : {"a", "b", "c", "d", "e", "void"}) put("Album/x/" + name, name);
  fs::create_directories(at("Album/empty"));
  put("Album/x/void", "");
  const ContentId old = link("Album");
  put("Album/x/b", "other");
  EXPECT_EQ(trouble(old), "Album/ was changed since that id was given: x/b is another now");
  const auto list = library->folder_list(old);
  EXPECT_EQ(list.error().code, Errc::kSourceChanged);
  EXPECT_EQ(list.error().next, "shoal get " + to_text(link("Album")) + " --folder");
  EXPECT_EQ(hits(old), 0U);
  fs::remove(at("Album/x/c"));
  fs::remove(at("Album/x/void"));
  fs::remove(at("Album/empty"));
  scan();
  EXPECT_EQ(trouble(old),
            "Album/ was changed since that id was given: x/b is another now, x/c is gone");
  fs::remove_all(at("Album/x"));
  scan();
  EXPECT_EQ(trouble(old),
            "Album/ was changed since that id was given: x/a is gone, x/b is gone, x/c is gone, "
            "and 2 more");
  for (const std::string name : {"a", "b", "c", "d", "e"}) put("other/" + name, name);
  EXPECT_EQ(trouble(old), "");
  EXPECT_EQ(hits(old), 1U);
}

TEST_F(GivenLists, AreThoseThatWereAskedForOrLinkedAndNoOthers) {
  put("Album/1.flac", "one");
  const ContentId seen = library->search({.terms = "album", .content = {}})->files.front().content;
  put("Album/2.flac", "two");
  EXPECT_EQ(library->folder_list(seen).error().code, Errc::kNotFound);
  const ContentId asked = library->search({.terms = "album", .content = {}})->files.front().content;
  ASSERT_TRUE(library->folder_list(asked));
  put("Album/3.flac", "three");
  EXPECT_TRUE(library->folder_list(asked));
}

TEST_F(GivenLists, EndWithTheirShare) {
  put("Album/1.flac", "one");
  const ContentId old = link("Album");
  put("Album/2.flac", "two");
  ASSERT_EQ(hits(old), 1U);
  ASSERT_TRUE(library->remove_share(folder / "Music"));
  EXPECT_EQ(library->folder_list(old).error().code, Errc::kNotFound);
  EXPECT_EQ(hits(old), 0U);
  scan();
  EXPECT_EQ(library->folder_list(old).error().code, Errc::kNotFound) << "it was forgotten";
}

TEST_F(GivenLists, AreNotGivenWhileTheirShareIsMissing) {
  put("Album/1.flac", "one");
  const ContentId old = link("Album");
  put("Album/2.flac", "two");
  fs::rename(folder / "Music", folder / "away");
  ASSERT_TRUE(library->rescan());
  EXPECT_EQ(library->folder_list(old).error().code, Errc::kNotFound);
  fs::rename(folder / "away", folder / "Music");
  ASSERT_TRUE(library->rescan());
  EXPECT_EQ(trouble(old), "");
}

TEST_F(GivenLists, BelongToTheCopyOfTheFolderThatWasGivenLast) {
  put("Album/1.flac", "one");
  fs::create_directories(folder / "Copies");
  fs::copy(folder / "Music/Album", folder / "Copies/Album");
  ASSERT_TRUE(library->add_share(folder / "Copies"));
  const ContentId old = link("Album");
  fs::rename(folder / "Music", folder / "not mounted");
  ASSERT_TRUE(library->rescan());
  ASSERT_EQ(library->at(folder / "Copies/Album").value().content, old);
  std::ofstream(folder / "Copies/Album/2.flac") << "two";
  ASSERT_TRUE(library->rescan());
  EXPECT_EQ(trouble(old), "");
  EXPECT_EQ(hits(old), 1U);
}

TEST_F(GivenLists, TheOneThatNobodyAskedForLongestGoes) {
  put("Album/0", "0");
  const ContentId kept = link("Album");
  put("Album/1", "1");
  const ContentId lost = link("Album");
  for (std::size_t at = 2; at <= limits::kListsGiven; ++at) {
    EXPECT_EQ(trouble(lost), "") << at;
    put("Album/" + std::to_string(at), std::to_string(at));
    // Asked for when it is the folder's list once more.
    if (at == 5) {
      fs::create_directories(folder / "aside");
      for (std::size_t more = 1; more <= at; ++more) {
        fs::rename(this->at("Album/" + std::to_string(more)),
                   folder / ("aside/" + std::to_string(more)));
      }
      scan();
      EXPECT_EQ(link("Album"), kept);
      for (std::size_t more = 1; more <= at; ++more) {
        fs::rename(folder / ("aside/" + std::to_string(more)),
                   this->at("Album/" + std::to_string(more)));
      }
      scan();
    }
    link("Album");
  }
  EXPECT_EQ(trouble(lost), "no such folder: nothing shared has that id");
  EXPECT_EQ(trouble(kept), "");
}

}  // namespace
}  // namespace shoal::transfer
