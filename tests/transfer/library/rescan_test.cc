// SPDX-License-Identifier: Apache-2.0
// Scans of parts of a share, scans that find nothing new, and lists of older versions.
#include <SQLiteCpp/SQLiteCpp.h>
#include <sys/stat.h>

#include "tests/transfer/library/library_world.h"

namespace shoal::transfer {
namespace {

namespace fs = std::filesystem;

class Rescan : public LibraryWorld {
 protected:
  Rescan() : LibraryWorld(2) {}
};

TEST_F(Rescan, OfAFolderSeesWhatCameAndWentInIt) {
  put("a/one", "1");
  put("a/deep/two", "2");
  put("b/three", "3");
  scan();
  put("a/new", "n");
  put("b/unseen", "u");
  fs::remove(share() / "a/one");
  fs::remove(share() / "b/three");
  EXPECT_EQ(scan_part("a", false).forgotten, 1U);
  EXPECT_EQ(names("new"), Names{"new"});
  EXPECT_EQ(names("one"), Names{});
  EXPECT_EQ(names("two"), Names{"two"});      // below it, and not asked about
  EXPECT_EQ(names("three"), Names{"three"});  // beside it
  EXPECT_EQ(names("unseen"), Names{});
}

TEST_F(Rescan, LooksBelowAFolderOnlyWhenToldTo) {
  put("a/deep/one", "1");
  put("top", "t");
  scan();
  put("a/deep/two", "2");
  fs::remove(share() / "a/deep/one");
  scan_part("", false);
  scan_part("a", false);
  EXPECT_EQ(names("one"), Names{"one"});
  EXPECT_EQ(names("two"), Names{});
  EXPECT_EQ(scan_part("a", true).forgotten, 1U);
  EXPECT_EQ(names("one"), Names{});
  EXPECT_EQ(names("two"), Names{"two"});
  EXPECT_EQ(names("top"), Names{"top"});
}

TEST_F(Rescan, OfAFolderThatIsGoneForgetsWhatWasInItAndNothingElse) {
  put("gone/one", "1");
  put("gone/deep/two", "2");
  put("gone-not/three", "3");
  put("gone0/four", "4");
  scan();
  fs::remove_all(share() / "gone");
  EXPECT_EQ(scan_part("gone", true).forgotten, 2U);
  EXPECT_EQ(library_->stats()->files, 2U);
}

TEST_F(Rescan, OfARenamedFolderReadsNoByteAgain) {
  put("old/one", "1");
  put("old/deep/two", "2");
  EXPECT_EQ(scan().hashed, 2U);
  fs::rename(share() / "old", share() / "new");
  EXPECT_EQ(scan_part("old", true).forgotten, 2U);
  const auto summary = scan_part("new", true);
  EXPECT_EQ(summary.hashed, 0U);
  EXPECT_EQ(summary.share.files, 2U);
  EXPECT_EQ(names("new two"), Names{"two"});
}

TEST_F(Rescan, OfAPartEntersNothingThatAWholeScanWouldNot) {
  put("fine", "1");
  fs::create_directories(home_ / "outside");
  std::ofstream(home_ / "outside/secret") << "s";
  fs::create_directory_symlink(home_ / "outside", share() / "link");
  put(".hidden/inside/secret", "h");
  scan();
  for (const std::string folder :
       {"link", ".hidden", ".hidden/inside", "../outside", "..", "fine"}) {
    scan_part(folder, true);
    EXPECT_EQ(library_->stats()->files, 1U) << folder;
    EXPECT_EQ(names("secret"), Names{}) << folder;
  }
}

TEST_F(Rescan, OfAPartOfWhatIsNotSharedIsRefused) {
  EXPECT_EQ(library_->rescan_part(home_.string(), "", true).error().code, Errc::kNotFound);
}

TEST_F(Rescan, OfAPartOfAShareThatWasMissingTakesAllOfIt) {
  put("a/one", "1");
  put("b/two", "2");
  scan();
  fs::rename(share(), home_ / "away");
  scan_part("a", true);
  EXPECT_EQ(library_->shares()->front().state, ShareState::kMissing);
  fs::rename(home_ / "away", share());
  EXPECT_EQ(scan_part("a", false).hashed, 0U);
  EXPECT_EQ(library_->shares()->front().state, ShareState::kReady);
  EXPECT_EQ(names("two"), Names{"two"});
}

TEST_F(Rescan, OfAPartCountsTheErrorsOfThatPart) {
  if (::geteuid() == 0) {
    // Root reads everything: a folder too deep is an error for it as well.
    std::string deep = "a";
    for (std::size_t level = 0; level < limits::kScanDepthMax; ++level) deep += "/d";
    fs::create_directories(share() / deep / "more");
  } else {
    put("a/secret", "s");
    fs::permissions(share() / "a/secret", fs::perms::none);
  }
  put("b/fine", "f");
  EXPECT_EQ(scan().share.errors, 1U);
  EXPECT_EQ(scan_part("b", true).share.errors, 1U);
  EXPECT_EQ(scan_part("a", true).share.errors, 1U);
  fs::remove_all(share() / "a");
  EXPECT_EQ(scan_part("a", true).share.errors, 0U);
  EXPECT_TRUE(library_->errors()->empty());
}

TEST_F(Rescan, ThatFindsNothingNewWritesNothing) {
  for (int n = 0; n < 50; ++n) put("f" + std::to_string(n), std::to_string(n));
  scan();
  scan();
  const auto changes = [&] {
    SQLite::Database db((home_ / "index.db").string(), SQLite::OPEN_READONLY);
    return std::pair(db.execAndGet("PRAGMA data_version").getInt64(),
                     fs::file_size(home_ / "index.db-wal"));
  };
  const auto before = changes();
  ASSERT_TRUE(library_->rescan());
  EXPECT_EQ(scan_part("", true).hashed, 0U);
  EXPECT_EQ(changes(), before);
}

TEST_F(Rescan, TakesOverAListOfTheFirstVersion) {
  put("one", "1");
  put("two", "2");
  scan();
  library_.reset();
  {
    SQLite::Database db((home_ / "index.db").string(), SQLite::OPEN_READWRITE);
    db.exec(
        "ALTER TABLE file ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE share ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;"
        "PRAGMA user_version=1");
  }
  reopen();
  EXPECT_EQ(library_->notice(), "");
  EXPECT_EQ(scan().hashed, 0U);
  EXPECT_EQ(names("one"), Names{"one"});
  fs::remove(share() / "one");
  EXPECT_EQ(scan().forgotten, 1U);
}

}  // namespace
}  // namespace shoal::transfer
