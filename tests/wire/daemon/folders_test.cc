// SPDX-License-Identifier: Apache-2.0
// Links and folders between real processes.
#include "tests/wire/daemon/folders.h"

namespace shoal::daemon {
namespace {

namespace bj = boost::json;
namespace fs = std::filesystem;

TEST_F(Folders, ALinkFetchesAFileWithoutASearch) {
  found(100'000);
  const std::string link = link_of("books/big book.bin");
  EXPECT_TRUE(link.starts_with("shoal:?id=")) << link;
  EXPECT_NE(link.find("&source=" + luis.id() + "@"), std::string::npos) << link;
  ana.end(SIGTERM);
  ana.start();  // forgot its searches
  const auto [code, out] = ana.shoal({"get", link});
  EXPECT_EQ(code, 0) << out;
  EXPECT_TRUE(read_file(last_line(out)) == read_file(folder / "books/big book.bin"));
}

TEST_F(Folders, ALinkWhoseSourcesAreGoneFallsBackToASearch) {
  const auto hit = found(100'000);
  const std::string nobody = "shoal:?id=" + text(hit, "content").substr(0, 64) +
                             "&length=100000&name=x.bin&source=" + ana.id() + "@127.0.0.1:1";
  const auto [code, out] = ana.shoal({"get", nobody});
  EXPECT_EQ(code, 0) << out;
  EXPECT_TRUE(last_line(out).ends_with("/x.bin")) << out;
  EXPECT_TRUE(read_file(last_line(out)) == read_file(folder / "books/big book.bin"));
}

TEST_F(Folders, TwoHoldersAreOneRowAndOneLink) {
  found(100'000);
  Peer eva(folder, "eva");
  join(ana, eva);
  EXPECT_EQ(eva.shoal({"share", folder / "books/big book.bin"}).first, 0);
  std::pair<int, std::string> rows;
  ASSERT_TRUE(soon([&] {
    rows = ana.shoal({"search", "big", "book"});
    return rows.second.find("# row 1 has 2 holders: eva, luis") != std::string::npos;
  })) << rows.second;
  EXPECT_EQ(rows.second.find("\tbig book.bin\t"), rows.second.rfind("\tbig book.bin\t"));
  const std::string link = last_line(ana.shoal({"link", "1"}).second);
  EXPECT_NE(link.find("&source=" + luis.id() + "@"), std::string::npos) << link;
  EXPECT_NE(link.find("&source=" + eva.id() + "@"), std::string::npos) << link;
  // The first of them is gone: the other one will do.
  luis.end(SIGKILL);
  const auto [code, out] = ana.shoal({"get", link, "--timeout", "20s"});
  EXPECT_EQ(code, 0) << out;
  EXPECT_TRUE(read_file(last_line(out)) == read_file(folder / "books/big book.bin"));
}

TEST_F(Folders, AFolderComesAsItIs) {
  share_album();
  const auto [code, out] = ana.shoal({"get", link_of("Album")});
  EXPECT_EQ(code, 0) << out;
  EXPECT_EQ(last_line(out), ana.home() + "/downloads/Album");
  const std::string got = last_line(out);
  EXPECT_EQ(paths_in(got), paths_in(folder / "Album"));
  for (const std::string& path : paths_in(folder / "Album")) {
    if (path.ends_with('/')) continue;
    EXPECT_TRUE(read_file(got + "/" + path) == read_file(folder / "Album/" + path)) << path;
  }
  // Equal files are files of their own.
  EXPECT_EQ(fs::hard_link_count(got + "/music/one.flac"), 1U);
  EXPECT_TRUE(nothing_left());
  // Again: nothing is replaced.
  const auto again = ana.shoal({"get", link_of("Album")});
  EXPECT_EQ(last_line(again.second), ana.home() + "/downloads/Album (2)");
}

TEST_F(Folders, AreFoundByASearchAndListed) {
  share_album();
  const auto lines = ana.search({{"terms", "album"}});
  ASSERT_GE(lines.size(), 2U);
  EXPECT_EQ(text(lines[0], "name"), "Album/");
  const auto [code, out] = ana.shoal({"get", text(lines[0], "content"), "--list"});
  EXPECT_EQ(code, 0) << out;
  for (const std::string path :
       {"docs/a.pdf", "docs/deep/b.pdf", "docs/notes.txt", "music/same.flac", "void/er/"}) {
    EXPECT_NE(out.find("\t" + path + "\t"), std::string::npos) << path << "\n" << out;
  }
  EXPECT_EQ(ana.shoal({"search", "album"}).first, 0);
  const auto row = ana.shoal({"get", "1", "--only", "*.flac"});
  EXPECT_EQ(row.first, 0) << row.second;
  EXPECT_EQ(paths_in(last_line(row.second)),
            (std::set<std::string>{"music/", "music/one.flac", "music/same.flac"}));
}

TEST_F(Folders, SomeFilesOfOneAreSelected) {
  share_album();
  const auto [code, out] =
      ana.shoal({"get", content_of("Album"), "--only", "docs/*.pdf", "--name", "some"});
  EXPECT_EQ(code, 0) << out;
  EXPECT_EQ(paths_in(ana.home() + "/downloads/some"),
            (std::set<std::string>{"docs/", "docs/a.pdf"}));
  const auto none = ana.shoal({"get", content_of("Album"), "--only", "*.exe"});
  EXPECT_EQ(none.first, 3) << none.second;
  EXPECT_TRUE(nothing_left());
}

TEST_F(Folders, AFolderInAFolderIsOneToo) {
  share_album();
  const auto [code, out] = ana.shoal({"get", link_of("Album/docs")});
  EXPECT_EQ(code, 0) << out;
  EXPECT_EQ(paths_in(last_line(out)),
            (std::set<std::string>{"a.pdf", "deep/", "deep/b.pdf", "notes.txt"}));
}

// What a folder's owner changed since is on its list, and nobody has it.
TEST_F(Folders, WhatNobodyHasIsWaitedForAndTheRestFetched) {
  share_album();
  const std::string content = list_with_a_gap();
  const auto made = ana.call("POST", "/v1/folders", {{"content", content}, {"name", "Album/"}});
  const std::string path = "/v1/folders/" + text(made, "id");
  bj::object status;
  ASSERT_TRUE(soon([&] {
    status = ana.call("GET", path);
    return text(status, "state") == "seeking" && number(status, "files_done") == 2;
  })) << bj::serialize(status);
  EXPECT_EQ(number(status, "files_waiting"), 1U);
  EXPECT_EQ(text(status.at("error").as_object(), "what"), "nobody who is up has gap/later.bin");
  EXPECT_EQ(final_files(), 0U);
  close_gap();
  const auto end = ana.lines("GET", path + "/events").back();
  EXPECT_EQ(text(end, "state"), "done") << bj::serialize(end);
  EXPECT_EQ(paths_in(text(end, "path")),
            (std::set<std::string>{"a.pdf", "docs/", "docs/b.pdf", "gap/", "gap/later.bin"}));
  EXPECT_TRUE(read_file(text(end, "path") + "/gap/later.bin") ==
              read_file(folder / "gap/later.bin"));
}

TEST_F(Folders, ALinkHoldsWhileWhatItNamesIsSharedAndElseSaysWhatChanged) {
  share_album();
  const std::string link = link_of("Album");
  const auto before = paths_in(folder / "Album");
  std::ofstream(folder / "Album/new.txt") << "new";
  EXPECT_EQ(luis.shoal({"shares", "rescan"}).first, 0);
  EXPECT_NE(link_of("Album"), link);
  const auto [code, out] = ana.shoal({"get", link});
  EXPECT_EQ(code, 0) << out;
  EXPECT_EQ(paths_in(last_line(out)), before);
  // A search for its id finds it too.
  const auto found = ana.search({{"content", link.substr(10, 64) + "-" + length_in(link)}});
  ASSERT_GE(found.size(), 2U);
  EXPECT_EQ(text(found[0], "name"), "Album/");

  write_file(folder / "Album/docs/a.pdf", 70'000, 99);
  std::filesystem::remove(folder / "Album/docs/notes.txt");
  EXPECT_EQ(luis.shoal({"shares", "rescan"}).first, 0);
  const auto late = ana.shoal({"get", link, "--timeout", "2s"});
  EXPECT_EQ(late.first, 5) << late.second;
  EXPECT_NE(late.second.find("Album/ was changed since that id was given: docs/a.pdf is another "
                             "now, docs/notes.txt is gone; shoal get " +
                             content_of("Album") + " --folder"),
            std::string::npos)
      << late.second;
}

TEST_F(Folders, GoesOnAfterKillNine) {
  share_album();
  const std::string content = list_with_a_gap();
  const auto made = ana.call("POST", "/v1/folders", {{"content", content}, {"name", "Album/"}});
  const std::string path = "/v1/folders/" + text(made, "id");
  ASSERT_TRUE(soon([&] { return number(ana.call("GET", path), "files_done") == 2; }));
  EXPECT_EQ(ana.end(SIGKILL), 128 + SIGKILL);
  close_gap();
  ana.start();
  const auto items = ana.call("GET", "/v1/folders").at("items").as_array();
  ASSERT_EQ(items.size(), 1U) << ana.process().output();
  const auto end =
      ana.lines("GET", "/v1/folders/" + text(items[0].as_object(), "id") + "/events").back();
  EXPECT_EQ(text(end, "state"), "done") << bj::serialize(end);
  EXPECT_EQ(text(end, "path"), ana.home() + "/downloads/Album");
  EXPECT_EQ(number(end, "bytes_found"), 2'570'000U);
  EXPECT_EQ(paths_in(text(end, "path")),
            (std::set<std::string>{"a.pdf", "docs/", "docs/b.pdf", "gap/", "gap/later.bin"}));
  EXPECT_TRUE(nothing_left());
}

// What was fetched right lies on the disk until the last file is there.
TEST_F(Folders, WhatRotsMeanwhileIsSeenAndFetchedAgain) {
  share_album();
  const std::string content = list_with_a_gap();
  const std::string id = fetch_up_to_the_gap(content);
  const std::string staged =
      ana.home() + "/downloads/.part/" + content + ".folder/" + content_of("Album/docs/a.pdf");
  const std::string right = read_file(staged);
  ASSERT_EQ(right.size(), 70'000U);
  std::fstream(staged, std::ios::in | std::ios::out | std::ios::binary).seekp(33'333) << "rot";
  ASSERT_FALSE(read_file(staged) == right);
  close_gap();
  const auto end = ana.lines("GET", "/v1/folders/" + id + "/events").back();
  ASSERT_EQ(text(end, "state"), "done") << bj::serialize(end);
  EXPECT_TRUE(read_file(text(end, "path") + "/a.pdf") == right);
  EXPECT_EQ(final_files(), 1U);
  EXPECT_TRUE(nothing_left());
}

TEST_F(Folders, WhatEndedIsStillListedAfterARestart) {
  share_album();
  const auto done = get({{"content", content_of("Album")}, {"name", "Album"}});
  ASSERT_EQ(text(done, "state"), "done");
  const std::string id = text(done, "id");
  const std::string other = fetch_up_to_the_gap(list_with_a_gap());
  EXPECT_EQ(ana.shoal({"transfers", "cancel", other}).first, 0);
  ASSERT_TRUE(comes_to(other, "cancelled"));
  auto before = status(id);
  // Kept soon after it was told, so a kill may lose the last of them and nothing else.
  EXPECT_EQ(ana.end(SIGTERM), 0);
  ana.start();
  EXPECT_EQ(status(id), before);
  EXPECT_EQ(text(status(other), "state"), "cancelled");
  const auto [code, table] = ana.shoal({"transfers"});
  EXPECT_EQ(code, 0);
  EXPECT_NE(table.find(text(done, "path")), std::string::npos) << table;
  EXPECT_EQ(ana.shoal({"transfers", "resume", id}).first, 1);
  // Another is no older one's.
  ASSERT_TRUE(soon([&] { return ana.active_friends() == 1; }));
  const auto third = get({{"content", content_of("Album")}, {"name", "Album"}});
  EXPECT_NE(text(third, "id"), id);
  EXPECT_NE(text(third, "id"), other);
}

TEST_F(Folders, WhatIsCancelledLeavesNothing) {
  share_album();
  const auto made = ana.call("POST", "/v1/folders", {{"content", list_with_a_gap()}});
  const std::string id = text(made, "id");
  ASSERT_TRUE(
      soon([&] { return number(ana.call("GET", "/v1/folders/" + id), "files_done") == 2; }));
  EXPECT_EQ(ana.shoal({"transfers", "cancel", id}).first, 0);
  ASSERT_TRUE(
      soon([&] { return text(ana.call("GET", "/v1/folders/" + id), "state") == "cancelled"; }));
  EXPECT_TRUE(nothing_left());
  EXPECT_EQ(final_files(), 0U);
}

// A file that says it is a folder's list, and leads elsewhere.
TEST_F(Folders, AHostileListIsRefusedInWords) {
  join(ana, luis, "primary");
  fs::create_directories(folder / "evil");
  std::ofstream(folder / "evil/list")
      << "shoal-folder 1\nf " << std::string(64, 'a') << " 5 ../../pwned\n";
  EXPECT_EQ(luis.shoal({"share", folder / "evil"}).first, 0);
  ASSERT_TRUE(soon([&] { return ana.active_friends() == 1; }));
  const auto end = get({{"content", content_of("evil/list")}, {"name", "x/"}});
  EXPECT_EQ(text(end, "state"), "failed");
  EXPECT_EQ(text(end.at("error").as_object(), "code"), "integrity");
  EXPECT_EQ(text(end.at("error").as_object(), "why"), "line 2: a path leads out of the folder");
  EXPECT_TRUE(nothing_left());
  EXPECT_EQ(final_files(), 0U);
}

}  // namespace
}  // namespace shoal::daemon
