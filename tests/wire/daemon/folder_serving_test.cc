// SPDX-License-Identifier: Apache-2.0
// What a peer has of a folder that it is still fetching: others get it, and it fetches none of it
// twice.
#include <algorithm>

#include "proto/types/limits_transfer.h"
#include "tests/wire/daemon/ask_content.h"
#include "tests/wire/daemon/folders.h"

namespace shoal::daemon {
namespace {

namespace bj = boost::json;

class FolderServing : public Folders {
 protected:
  // Eva's only friend is Ana.
  void meet_eva() {
    eva = std::make_unique<Peer>(folder, "eva");
    join(*eva, ana, "primary");
  }
  // What Eva's search for that content says of who has it, and how it is called there.
  std::string seen_by_eva(const std::string& content) {
    std::string seen;
    for (const auto& line : eva->search({{"content", content}})) {
      const auto* holder = line.if_contains("holder");  // {id, name}
      if (holder != nullptr && text(holder->as_object(), "id") == ana.id())
        seen = text(line, "name");
    }
    return seen;
  }
  std::string begin(Peer& peer, const bj::object& body) {
    return text(peer.call("POST", "/v1/folders", body), "id");
  }
  static bj::object status_at(Peer& peer, const std::string& id) {
    return peer.call("GET", "/v1/folders/" + id);
  }
  static bool has_files(Peer& peer, const std::string& id, std::uint64_t count) {
    const bool came = soon([&] { return number(status_at(peer, id), "files_done") == count; });
    EXPECT_TRUE(came) << bj::serialize(status_at(peer, id)) << peer.process().output();
    return came;
  }

  std::unique_ptr<Peer> eva;
};

TEST_F(FolderServing, GivesTheListAndWholeFilesAlsoAfterARestart) {
  share_album();
  meet_eva();
  const std::string content = list_with_a_gap();
  const std::string of_three_pieces = content_of("Album/docs/deep/b.pdf");
  const std::string id = fetch_up_to_the_gap(content);
  EXPECT_EQ(luis.end(SIGKILL), 128 + SIGKILL);
  EXPECT_EQ(ana.end(SIGTERM), 0);
  ana.start();
  ASSERT_TRUE(has_files(ana, id, 2));
  ASSERT_TRUE(soon([&] { return eva->active_friends() == 1; }));
  EXPECT_EQ(seen_by_eva(content), "Album/");
  EXPECT_EQ(seen_by_eva(of_three_pieces), "b.pdf");
  // Its owner's programs read it, too.
  const auto read = ask(ana, "GET", of_three_pieces, "Range: bytes=2400000-2400009\r\n");
  EXPECT_EQ(read.status, 206) << read.body;
  EXPECT_TRUE(read.body == read_file(folder / "Album/docs/deep/b.pdf").substr(2'400'000, 10));
  // By its id alone: it is called as its holder calls it.
  const std::string theirs = begin(*eva, {{"content", content}});
  ASSERT_TRUE(has_files(*eva, theirs, 2));
  EXPECT_EQ(text(status_at(*eva, theirs), "name"), "Album/");
  // What is paused is given to nobody.
  EXPECT_EQ(ana.shoal({"transfers", "pause", id}).first, 0);
  ASSERT_TRUE(comes_to(id, "paused"));
  EXPECT_EQ(seen_by_eva(content), "");
}

TEST_F(FolderServing, GivesThePiecesOfAFileThatIsUnderWay) {
  join(ana, luis, "primary");
  meet_eva();
  constexpr std::size_t kBytes = 32 << 20;
  std::filesystem::create_directories(folder / "films");
  write_file(folder / "films/film.mkv", kBytes, 1);
  ASSERT_EQ(luis.shoal({"share", folder / "films"}).first, 0);
  const std::string content = content_of("films");
  const std::string film = content_of("films/film.mkv");
  // Ana, by her own key, gets what the bucket holds, a piece, and then next to nothing.
  ASSERT_EQ(luis.shoal({"friends", "rate", "ana", std::to_string(limits::kRateMin) + "B/s"}).first,
            0);
  const std::string id =
      begin(ana, {{"content", content}, {"sources", bj::array{luis.url()}}, {"name", "films"}});
  const auto done = [&](Peer& peer, const std::string& at) {
    return number(status_at(peer, at), "bytes_done");
  };
  ASSERT_TRUE(soon([&] { return done(ana, id) >= limits::kRangeBytes; }))
      << bj::serialize(status_at(ana, id));
  EXPECT_EQ(luis.end(SIGKILL), 128 + SIGKILL);
  EXPECT_EQ(seen_by_eva(film), "film.mkv");
  const std::string theirs = begin(*eva, {{"content", content}});
  EXPECT_TRUE(soon([&] { return done(*eva, theirs) >= limits::kRangeBytes; }))
      << bj::serialize(status_at(*eva, theirs));
  EXPECT_LT(done(*eva, theirs), kBytes);
}

TEST_F(FolderServing, WhatIsSharedHereIsNotFetched) {
  share_album();
  const std::string content = list_with_a_gap();
  const std::string id = fetch_up_to_the_gap(content);
  // Nobody else has it.
  std::filesystem::create_directories(folder / "mine");
  std::filesystem::copy_file(folder / "gap/later.bin", folder / "mine/of another name");
  EXPECT_EQ(ana.shoal({"share", folder / "mine"}).first, 0);
  EXPECT_EQ(ana.shoal({"transfers", "pause", id}).first, 0);
  ASSERT_TRUE(comes_to(id, "paused"));
  EXPECT_EQ(ana.shoal({"transfers", "resume", id}).first, 0);
  const auto end = ana.lines("GET", "/v1/folders/" + id + "/events").back();
  ASSERT_EQ(text(end, "state"), "done") << bj::serialize(end);
  EXPECT_TRUE(read_file(text(end, "path") + "/gap/later.bin") ==
              read_file(folder / "gap/later.bin"));
  EXPECT_TRUE(nothing_left());
}

TEST_F(FolderServing, WhatLiesHereOfTheFolderIsNotFetchedAgainElsewhere) {
  share_album();
  const std::string content = list_with_a_gap();
  const std::string id = fetch_up_to_the_gap(content);
  EXPECT_EQ(ana.shoal({"transfers", "pause", id}).first, 0);
  ASSERT_TRUE(comes_to(id, "paused"));
  EXPECT_EQ(luis.end(SIGKILL), 128 + SIGKILL);
  std::filesystem::create_directories(folder / "elsewhere");
  const std::string other =
      begin(ana, {{"content", content}, {"name", "Again"}, {"folder", folder / "elsewhere"}});
  EXPECT_NE(other, id);
  EXPECT_TRUE(has_files(ana, other, 2));
  // The other one has lost nothing by that.
  EXPECT_EQ(number(status(id), "files_done"), 2U);
}

TEST_F(FolderServing, ByItsIdAloneAFolderIsCalledAsItsHolderCallsIt) {
  share_album();
  const auto [code, out] = ana.shoal({"get", content_of("Album"), "--folder"});
  EXPECT_EQ(code, 0) << out;
  EXPECT_EQ(last_line(out), ana.home() + "/downloads/Album");
  // What the user says comes first.
  const auto named = ana.shoal({"get", content_of("Album/docs"), "--folder", "--name", "papers"});
  EXPECT_EQ(last_line(named.second), ana.home() + "/downloads/papers");
}

}  // namespace
}  // namespace shoal::daemon
