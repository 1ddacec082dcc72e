// SPDX-License-Identifier: Apache-2.0
#include "transfer/library/library.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <rapidcheck.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>

#include "tests/transfer/library/library_world.h"
#include "transfer/core/merkle.h"

namespace shoal::transfer {
namespace {

namespace fs = std::filesystem;

using LibraryTest = LibraryWorld;

TEST_F(LibraryTest, PrivateFoldersAreNeverShared) {
  put("book.txt", "book");
  put("peer/data/identity.key", "secret");
  put("peer/data/deep/more.key", "more secret");
  put("peer/other/fine.txt", "fine");
  scan();
  EXPECT_EQ(names("key").size(), 2U);  // without the option they are files like others
  library_.reset();
  const fs::path data = share() / "peer" / "data";
  auto opened = Library::open(
      {.database = (home_ / "index.db").string(), .private_folders = {data.string(), "/nowhere"}});
  ASSERT_TRUE(opened.has_value()) << opened.error().why;
  library_ = std::move(*opened);
  const auto summary = scan();
  EXPECT_EQ(summary.share.files, 2U);
  EXPECT_EQ(summary.share.errors, 1U);  // its owner is told
  EXPECT_TRUE(names("key").empty());    // what was listed before is forgotten
  EXPECT_EQ(names("fine"), std::vector<std::string>{"fine.txt"});
  fs::create_directory_symlink(data, home_ / "link");
  for (const fs::path& path : {data, data / "deep", data / "identity.key", home_ / "link"}) {
    const auto refused = library_->add_share(path.string());
    ASSERT_FALSE(refused.has_value()) << path;
    EXPECT_EQ(refused.error().code, Errc::kDenied) << path;
  }
}

TEST_F(LibraryTest, FindsAFileByItsWordsWithoutAccents) {
  put("libros/El Niño y la Canción.txt", "uno");
  put("other.txt", "two");
  scan();
  EXPECT_EQ(names("nino cancion"), Names{"El Niño y la Canción.txt"});
  EXPECT_EQ(names("CANC"), Names{"El Niño y la Canción.txt"});  // a prefix
  EXPECT_EQ(names("libros"), (Names{"libros/", "El Niño y la Canción.txt"}));
  EXPECT_EQ(names("nin cancion"), Names{});  // only the last word is a prefix
  EXPECT_EQ(names(""), Names{});
}

TEST_F(LibraryTest, ListsItsContentsInTheOrderOfTheirIdsPageByPage) {
  std::set<ContentId> expected;
  for (int i = 0; i < 7; ++i) {
    const std::string text = "file " + std::to_string(i);
    put("n" + std::to_string(i) + ".txt", text);
    expected.insert(id_of(text));
  }
  put("copy.txt", "file 3");
  scan();
  expected.insert(library_->at(share().string())->content);  // the folder is one thing too
  std::vector<ContentId> listed;
  for (ContentId after{};;) {
    const auto page = library_->contents(after, 3);
    ASSERT_TRUE(page.has_value());
    if (page->empty()) break;
    EXPECT_LE(page->size(), 3U);
    for (const shoal::SharedFile& file : *page) {
      listed.push_back(file.content);
      EXPECT_EQ(file.words == "copy n3 txt", file.content == id_of("file 3")) << file.words;
    }
    after = page->back().content;
  }
  EXPECT_EQ(listed, std::vector<ContentId>(expected.begin(), expected.end()));
  ASSERT_TRUE(library_->remove_share(share().string()));
  EXPECT_TRUE(library_->contents({}, 3)->empty());
}

// Who publishes them must be found by whatever the library itself would find.
TEST_F(LibraryTest, ListsAContentWithAllWordsThatItIsFoundBy) {
  put("libros/viejos/El Niño.txt", "one");
  put("Copia.pdf", "one");
  scan();
  const auto page = library_->contents({}, 10);
  ASSERT_TRUE(page.has_value());
  ASSERT_EQ(page->size(), 4U);  // with the folders
  const auto one = std::ranges::find(*page, id_of("one"), &shoal::SharedFile::content);
  ASSERT_NE(one, page->end());
  EXPECT_EQ(one->words, "copia el libros nino pdf txt viejos");
  for (const char* const word : {"copia", "el", "libros", "nino", "pdf", "txt", "viejos"}) {
    EXPECT_EQ(
        std::ranges::count_if(library_->search({.terms = word, .content = {}})->files,
                              [](const HitFile& file) { return file.content == id_of("one"); }),
        1)
        << word;
  }
}

TEST_F(LibraryTest, SharesAnEmptyFolder) {
  EXPECT_EQ(scan().share.files, 0U);
  EXPECT_EQ(library_->stats()->shares, 1U);
}

TEST_F(LibraryTest, ReadsNothingTwiceEvenAfterReopening) {
  put("a", "one");
  put("b", "two");
  EXPECT_EQ(scan().hashed, 2U);
  EXPECT_EQ(scan().hashed, 0U);
  reopen();
  EXPECT_EQ(scan().hashed, 0U);
  EXPECT_EQ(library_->stats()->files, 2U);
}

TEST_F(LibraryTest, DoesNotReadWhatOthersHashed) {
  const std::string text(3 << 20, 'x');
  put("a.bin", text);
  std::filesystem::rename(share() / "a.bin", home_ / "came.bin");
  const FileTree tree = tree_of(text);
  ASSERT_TRUE(library_->remember(home_ / "came.bin", tree));
  reopen();
  std::filesystem::rename(home_ / "came.bin", share() / "b.bin");
  auto summary = scan();
  EXPECT_EQ(summary.listed, 1U);
  EXPECT_EQ(summary.hashed, 0U);
  const auto file = library_->open_file(tree.id);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->layer, tree.layer);
  // What was edited since is read, what is another file or none is not remembered.
  put("b.bin", std::string(3 << 20, 'y'));
  EXPECT_EQ(scan().hashed, 1U);
  put("c.bin", "short");
  EXPECT_EQ(library_->remember(share() / "c.bin", tree).error().code, Errc::kSourceChanged);
  EXPECT_EQ(library_->remember(share() / "d.bin", tree).error().code, Errc::kNotFound);
  EXPECT_EQ(scan().hashed, 1U);
}

TEST_F(LibraryTest, SkipsLinksHiddenFilesPartFilesAndFifos) {
  put("good", "x");
  put(".hidden", "x");
  put(".folder/inside", "x");
  put("half.part", "x");
  fs::create_symlink("/etc/passwd", share() / "link");
  fs::create_directory_symlink("/etc", share() / "folderlink");
  ASSERT_EQ(mkfifo((share() / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(scan().share.files, 1U);
}

TEST(SharedFile, IsReadAtOnceFromMemory) {
  SharedFile file;
  file.fd = Fd(::memfd_create("shared", MFD_CLOEXEC));
  const std::string text = "what is in memory is at hand";
  ASSERT_EQ(::pwrite(file.fd.value(), text.data(), text.size(), 0),
            static_cast<ssize_t>(text.size()));
  std::string bytes(6, ' ');
  const std::span<std::uint8_t> into(reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size());
  EXPECT_TRUE(file.read_now(11, into).value());
  EXPECT_EQ(bytes, "memory");
  EXPECT_EQ(file.read_now(text.size() - 5, into).error().code, Errc::kSourceChanged);
}

TEST(SharedFile, IsNotReadAtOnceWhereTheSystemCannotSayWhetherThatWaits) {
  SharedFile file;
  file.fd = Fd(::open("/proc/self/maps", O_RDONLY | O_CLOEXEC));
  std::array<std::uint8_t, 16> bytes{};
  EXPECT_FALSE(file.read_now(0, bytes).value());
}

TEST_F(LibraryTest, ServesAListedFileUntilItIsEdited) {
  const std::string text(3'000'000, 'q');
  put("big", text);
  scan();
  const auto file = library_->open_file(id_of(text));
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(file->layer.size(), 3U);
  EXPECT_EQ(root_of_layer(file->layer, Layout(text.size())), file->content.root);
  std::array<std::uint8_t, 5> bytes{};
  EXPECT_TRUE(file->read_at(2'999'995, bytes));
  EXPECT_EQ(file->read_at(2'999'996, bytes).error().code, Errc::kSourceChanged);
  EXPECT_TRUE(file->recheck());
  put("big", "edited");
  EXPECT_EQ(file->recheck().error().code, Errc::kSourceChanged);
  EXPECT_EQ(library_->open_file(id_of(text)).error().code, Errc::kSourceChanged);
  scan();
  EXPECT_EQ(library_->open_file(id_of(text)).error().code, Errc::kNotFound);
  EXPECT_TRUE(library_->open_file(id_of("edited")));
}

TEST_F(LibraryTest, ForgetsWhatIsGoneAndWhatIsUnshared) {
  put("one", "1");
  put("two", "2");
  scan();
  fs::remove(share() / "one");
  EXPECT_EQ(scan().forgotten, 1U);
  EXPECT_EQ(names("one"), Names{});
  EXPECT_TRUE(library_->remove_share(share().string()));
  EXPECT_EQ(names("two"), Names{});
  EXPECT_EQ(library_->open_file(id_of("2")).error().code, Errc::kNotFound);
  EXPECT_EQ(library_->remove_share(share().string()).error().code, Errc::kNotFound);
}

TEST_F(LibraryTest, KeepsAShareWhoseFolderVanished) {
  put("one", "1");
  scan();
  fs::rename(share(), home_ / "away");
  ASSERT_TRUE(library_->rescan());
  EXPECT_EQ(library_->shares()->front().state, ShareState::kMissing);
  EXPECT_EQ(library_->shares()->front().files, 1U);
  EXPECT_EQ(names("one"), Names{});
  fs::rename(home_ / "away", share());
  EXPECT_EQ(library_->rescan()->front().hashed, 0U);
  EXPECT_EQ(names("one"), Names{"one"});
}

TEST_F(LibraryTest, CountsAFileOfTwoNestedSharesOnceAndKeepsItInTheOther) {
  put("inner/file", "x");
  scan();
  ASSERT_TRUE(library_->add_share((share() / "inner").string()));
  EXPECT_EQ(library_->stats()->files, 1U);
  EXPECT_EQ(names("file"), Names{"file"});
  ASSERT_TRUE(library_->remove_share(share().string()));
  EXPECT_EQ(names("file"), Names{"file"});
}

TEST_F(LibraryTest, SharesASingleFile) {
  put("only this", "x");
  put("not this", "y");
  ASSERT_TRUE(library_->add_share((share() / "only this").string()));
  EXPECT_EQ(names("this"), Names{"only this"});
  EXPECT_TRUE(library_->open_file(id_of("x")));
}

TEST_F(LibraryTest, StopsAScanWhenToldToAndGoesOnLater) {
  put("a", "1");
  put("b", "2");
  const auto stopped =
      library_->add_share(share().string(), [](const ScanProgress& now) { return now.files < 1; });
  EXPECT_EQ(stopped.error().code, Errc::kCancelled);
  EXPECT_EQ(library_->shares()->front().state, ShareState::kPartial);
  EXPECT_EQ(scan().hashed, 1U);
}

TEST_F(LibraryTest, TriesAFileThatChangesMeanwhileOnceMoreAndThenListsIt) {
  put("growing", std::string(9 << 20, 'g'));
  put("calm", "x");
  int changes = 0;
  const auto grow_while_read = [&](const ScanProgress& now) {
    if (now.bytes % (9 << 20) > 1) {  // in the middle of the long one
      std::ofstream(share() / "growing", std::ios::app) << "more";
      ++changes;
    }
    return true;
  };
  const auto summary = library_->add_share(share().string(), grow_while_read);
  ASSERT_TRUE(summary.has_value());
  EXPECT_EQ(changes, 2);
  EXPECT_EQ(summary->changing, 1U);
  EXPECT_EQ(summary->share.files, 1U);
  ASSERT_EQ(library_->errors()->size(), 1U);
  EXPECT_EQ(library_->errors()->front().path, "growing");
  EXPECT_EQ(scan().share.files, 2U);
  EXPECT_TRUE(library_->errors()->empty());
}

TEST_F(LibraryTest, StopsAScanOfAShareThatIsRemovedMeanwhile) {
  put("a", "1");
  const auto remove_it = [&](const ScanProgress&) {
    static_cast<void>(library_->remove_share(share().string()));
    return true;
  };
  EXPECT_EQ(library_->add_share(share().string(), remove_it).error().code, Errc::kCancelled);
  EXPECT_EQ(names("a"), Names{});
  EXPECT_EQ(library_->stats()->shares, 0U);
}

TEST_F(LibraryTest, LosesAtMostOneBatchToAKill) {
  constexpr std::uint64_t kFiles = 2 * limits::kScanBatchFiles + 40;
  for (std::uint64_t n = 0; n < kFiles; ++n) put("f" + std::to_string(n), std::to_string(n));
  library_.reset();
  const pid_t child = fork();
  if (child == 0) {
    const auto opened = Library::open({(home_ / "index.db").string()});
    if (opened) {
      static_cast<void>((*opened)->add_share(share().string(), [](const ScanProgress& now) {
        if (now.files == kFiles - 1) kill(getpid(), SIGKILL);
        return true;
      }));
    }
    _exit(1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  reopen();
  EXPECT_EQ(library_->notice(), "");
  EXPECT_EQ(library_->stats()->files, 2 * limits::kScanBatchFiles);
  EXPECT_EQ(scan().hashed, 40U);
  EXPECT_EQ(library_->stats()->files, kFiles);
}

TEST_F(LibraryTest, MovesADamagedDatabaseAsideAndSaysSo) {
  put("a", "1");
  scan();
  library_.reset();
  std::ofstream(home_ / "index.db", std::ios::binary) << std::string(8192, 'x');
  reopen();
  EXPECT_NE(library_->notice().find("damaged"), std::string::npos);
  EXPECT_TRUE(fs::exists(home_ / "index.db.damaged"));
  EXPECT_EQ(scan().share.files, 1U);
}

TEST_F(LibraryTest, IsUsedByOneProcessOnly) {
  EXPECT_EQ(Library::open({(home_ / "index.db").string()}).error().code, Errc::kConflict);
}

TEST_F(LibraryTest, BoundsLengthsAndCountsWhatItLeavesOut) {
  put("same 1", "a");
  put("same 2", "bb");
  put("same 3", "ccc");
  scan();
  const auto matches = library_->search(
      {.terms = "same", .content = {}, .length_min = 2, .length_max = 9, .limit = 1});
  ASSERT_TRUE(matches.has_value());
  EXPECT_EQ(matches->files.size(), 1U);
  EXPECT_EQ(matches->excess, 1U);
  EXPECT_EQ(library_->search({.terms = "", .content = id_of("ccc")})->files.size(), 1U);
}

TEST_F(LibraryTest, RefusesWhatIsNoFolderOrFile) {
  EXPECT_EQ(library_->add_share((home_ / "nothing").string()).error().code, Errc::kNotFound);
  EXPECT_EQ(library_->add_share("/dev/null").error().code, Errc::kInvalidArgument);
}

TEST_F(LibraryTest, TakesNoQueryForAnExpression) {
  put("near or and not.txt", "x");
  scan();
  const std::string hostile = "\"*():^-+{}'\\ aNEARORnot\xff\x01\xc3\xa9";
  EXPECT_TRUE(rc::check([&] {
    const auto terms = *rc::gen::container<std::string>(rc::gen::elementOf(hostile)).as("terms");
    RC_ASSERT(library_->search({.terms = terms, .content = {}}).has_value());
    RC_ASSERT(library_->files(terms, 5).has_value());
  }));
}

}  // namespace
}  // namespace shoal::transfer
