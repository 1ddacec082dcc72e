// SPDX-License-Identifier: Apache-2.0
// Disks that are full, rot, forbid, or change under what is served from them.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "proto/types/limits.h"
#include "tests/support/has.h"
#include "tests/wire/daemon/sharing.h"

namespace shoal::daemon {
namespace {

namespace fs = std::filesystem;
using tests::has;

std::string error_of(const boost::json::object& transfer, const char* member) {
  const auto& error = transfer.at("error");
  return error.is_object() ? std::string(error.at(member).as_string()) : std::string();
}

class Disk : public Sharing {
 protected:
  // As if the disk had done it by itself: the file looks as it looked.
  static void spoil(const std::string& path, off_t offset, bool secretly) {
    struct stat before {};
    ASSERT_EQ(::stat(path.c_str(), &before), 0);
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    ASSERT_EQ(::pwrite(fd, "ROT", 3, offset), 3);
    if (secretly) {
      const timespec times[2]{before.st_atim, before.st_mtim};
      EXPECT_EQ(::futimens(fd, times), 0);
    }
    ::close(fd);
  }
};

TEST_F(Disk, ThatIsFullPausesADownloadInWordsAndKeepsItsPart) {
  ana.end(SIGTERM);
  // A full disk to whoever writes more into one file.
  ana.start({.file_bytes = limits::kReserveBytes + 1'000'000});
  const auto hit = found(limits::kReserveBytes + 2'000'000);
  const auto id = fetch(hit);
  // A piece that was under way beside the one that found no room may still end, and is no error.
  boost::json::object now;
  EXPECT_TRUE(soon([&] {
    now = transfer(id);
    return text(now, "state") == "paused" && error_of(now, "code") == "no_space";
  })) << boost::json::serialize(now);
  EXPECT_TRUE(has(error_of(now, "next"), "free some space"));
  const auto [code, words] = ana.shoal({"get", text(hit, "content"), "--timeout", "300ms"});
  EXPECT_EQ(code, 5) << words;
  EXPECT_TRUE(has(words, "# waits for room: ")) << words;
  EXPECT_EQ(final_files(), 0U);
  EXPECT_EQ(ana.active_friends(), 1) << "the peer goes on";

  // A piece that was asked for early may be among those that find no room, so one or two less fit.
  const auto kept = number(transfer(id), "bytes_done");
  EXPECT_GE(kept, limits::kReserveBytes - (4U << 20U));
  EXPECT_EQ(ana.end(SIGTERM), 0);
  ana.start();  // with room again
  const auto items = ana.call("GET", "/v1/transfers").at("items").as_array();
  ASSERT_EQ(items.size(), 1U) << ana.process().output();
  const auto whole = done(text(items[0].as_object(), "id"));
  EXPECT_EQ(text(whole, "state"), "done") << boost::json::serialize(whole);
  EXPECT_GE(number(whole, "bytes_found"), kept) << "what was written was lost";
  EXPECT_TRUE(read_file(text(whole, "path")) == read_file(folder / "books/big book.bin"));
}

TEST_F(Disk, WhoseFileIsEditedWhileItIsServedGivesNeitherTheOldNorAMixture) {
  constexpr std::size_t kBytes = 48 << 20;
  const auto id = fetch(found(kBytes));
  stop_luis_after(1U << 20, id, kBytes);
  spoil(folder / "books/big book.bin", kBytes - 1000, false);
  luis.process().send(SIGCONT);
  EXPECT_TRUE(soon([&] { return error_of(transfer(id), "code") == "source_changed"; }))
      << boost::json::serialize(transfer(id));
  const auto [code, words] = ana.shoal({"transfers"});
  EXPECT_EQ(code, 0);
  EXPECT_TRUE(has(words, "it was edited since it was shared")) << words;
  EXPECT_EQ(final_files(), 0U);
  ana.call("DELETE", "/v1/transfers/" + id);

  luis.lines("POST", "/v1/shares/rescan");
  const auto lines = ana.search({{"terms", "big book"}});
  ASSERT_EQ(lines.size(), 2U) << "a rescan shares it as it is now";
  const auto end = done(fetch(lines[0]));
  EXPECT_EQ(text(end, "state"), "done") << boost::json::serialize(end);
  EXPECT_TRUE(read_file(text(end, "path")) == read_file(folder / "books/big book.bin"));
}

TEST_F(Disk, ThatRotsAtTheHolderGivesAnErrorAndNoWrongFile) {
  const auto hit = found(3'000'000);
  spoil(folder / "books/big book.bin", 1'500'000, true);
  const auto id = fetch(hit);
  EXPECT_TRUE(soon([&] { return error_of(transfer(id), "code") == "integrity"; }))
      << boost::json::serialize(transfer(id));
  EXPECT_TRUE(has(error_of(transfer(id), "why"), "wrong hash")) << error_of(transfer(id), "why");
  EXPECT_EQ(final_files(), 0U);
  EXPECT_LT(bytes_done(id), 3'000'000U);
}

TEST_F(Disk, ThatForbidsSomeFilesSharesTheOthersAndNamesThese) {
  luis.end(SIGTERM);
  luis.start({.obey_modes = true});
  const std::string books = folder / "books";
  write_file(books + "/open.txt", 100, 1);
  write_file(books + "/secret.txt", 100, 2);
  write_file(books + "/locked/inside.txt", 100, 3);
  fs::create_symlink("/nowhere/at/all", books + "/dangling.txt");
  fs::create_directory_symlink(books, books + "/loop");
  ASSERT_EQ(::mkfifo((books + "/fifo.txt").c_str(), 0600), 0);
  ASSERT_EQ(::chmod((books + "/secret.txt").c_str(), 0), 0);
  ASSERT_EQ(::chmod((books + "/locked").c_str(), 0), 0);
  const auto [code, words] = luis.shoal({"share", books});
  EXPECT_EQ(code, 8) << words;
  const auto [listed, errors] = luis.shoal({"shares", "--errors"});
  EXPECT_EQ(listed, 0);
  EXPECT_TRUE(has(errors, "secret.txt\tPermission denied")) << errors;
  EXPECT_TRUE(has(errors, "locked\tPermission denied")) << errors;
  const auto shares = luis.call("GET", "/v1/shares").at("items").as_array();
  EXPECT_EQ(shares.at(0).at("files"), 1);
  EXPECT_EQ(shares.at(0).at("errors"), 2);
  join(ana, luis, "primary");
  EXPECT_EQ(ana.search({{"terms", "open"}}).size(), 2U);

  // What could be read and is not any more is told, not served, and not forgotten with the rest.
  ASSERT_EQ(::chmod(books.c_str(), 0), 0);
  luis.lines("POST", "/v1/shares/rescan");
  EXPECT_EQ(luis.call("GET", "/v1/shares").at("items").as_array().at(0).at("state"), "missing");
  ASSERT_EQ(::chmod(books.c_str(), 0700), 0);
  ASSERT_EQ(::chmod((books + "/locked").c_str(), 0700), 0);
  luis.lines("POST", "/v1/shares/rescan");
  EXPECT_EQ(luis.call("GET", "/v1/shares").at("items").as_array().at(0).at("files"), 2);
}

TEST_F(Disk, ThatForbidsTheDownloadFolderIsToldWithItsName) {
  const auto hit = found(1000);
  ana.end(SIGTERM);
  ana.start({.obey_modes = true});
  ASSERT_TRUE(soon([&] { return ana.active_friends() == 1; }));
  const std::string mine = folder / "mine";
  fs::create_directories(mine);
  ASSERT_EQ(::chmod(mine.c_str(), 0500), 0);
  const auto [code, words] = ana.shoal({"get", text(hit, "content"), "-o", mine});
  EXPECT_EQ(code, 4) << words;
  EXPECT_TRUE(has(words, "cannot make the folder .part in " + mine)) << words;
  EXPECT_TRUE(has(words, "Permission denied")) << words;
  ASSERT_EQ(::chmod(mine.c_str(), 0700), 0);
  EXPECT_EQ(ana.shoal({"get", text(hit, "content"), "-o", mine, "--name", "it.bin"}).first, 0);
  EXPECT_TRUE(read_file(mine + "/it.bin") == read_file(folder / "books/big book.bin"));
}

}  // namespace
}  // namespace shoal::daemon
