// SPDX-License-Identifier: Apache-2.0
// The main job between real processes: share, search, fetch, resume.
#include <atomic>
#include <fstream>

#include "proto/types/limits_transfer.h"
#include "tests/wire/daemon/sharing.h"

namespace shoal::daemon {
namespace {

namespace bj = boost::json;

TEST_F(Sharing, FindsAndFetchesTheSameBytes) {
  const auto hit = found(5'000'001);
  EXPECT_EQ(text(hit, "name"), "big book.bin");
  EXPECT_EQ(hit.at("holder").at("name"), "luis");
  EXPECT_EQ(hit.at("hops"), 1);
  const auto end = done(fetch(hit));
  EXPECT_EQ(text(end, "state"), "done") << bj::serialize(end);
  EXPECT_TRUE(read_file(text(end, "path")) == read_file(folder / "books/big book.bin"));
  EXPECT_EQ(text(end, "path"), ana.home() + "/downloads/big book.bin");
}

// What a newcomer does first: something to share, found and fetched by a friend.
TEST_F(Sharing, HasASampleForAFirstTry) {
  join(ana, luis, "primary");
  const auto [code, out] = luis.shoal({"share", "--sample"});
  EXPECT_EQ(code, 0) << out;
  const std::string path = luis.home() + "/downloads/sample/shoal-sample-luis.txt";
  EXPECT_NE(out.find(path), std::string::npos) << out;
  EXPECT_NE(read_file(path).find("shared by luis"), std::string::npos);
  bj::object hit;  // its folder is another
  ASSERT_TRUE(soon([&] {
    for (const auto& line : ana.search({{"terms", "sample"}})) {
      if (line.contains("name") && line.at("name") == "shoal-sample-luis.txt") hit = line;
    }
    return !hit.empty();
  }));
  const auto end = done(fetch(hit));
  EXPECT_EQ(text(end, "state"), "done") << bj::serialize(end);
  EXPECT_EQ(read_file(text(end, "path")), read_file(path));
  std::ofstream(path) << "mine now";  // what is there is left alone
  EXPECT_EQ(luis.shoal({"share", "--sample"}).first, 0);
  EXPECT_EQ(read_file(path), "mine now");
}

TEST_F(Sharing, FetchesByContentAloneAfterAskingAround) {
  const auto hit = found(100'000);
  ana.end(SIGTERM);
  ana.start();  // forgot its searches
  ASSERT_TRUE(soon([&] { return ana.active_friends() == 1; }));
  const auto made = ana.call("POST", "/v1/transfers", {{"content", hit.at("content")}});
  const auto end = done(text(made, "id"));
  EXPECT_EQ(text(end, "state"), "done") << bj::serialize(end);
}

TEST_F(Sharing, ResumesAfterKillNineInTheMiddle) {
  constexpr std::size_t kBytes = 112 << 20;
  const auto hit = found(kBytes);
  const auto id = fetch(hit);
  stop_luis_after(68U << 20, id, kBytes);
  // What is to survive must have been synced; a journal that has not grown for longer than a sync
  // waits for more names all of it.
  const auto journal = [&] {
    std::uintmax_t size = 0;
    for (const auto& file : std::filesystem::directory_iterator(ana.home() + "/downloads/.part")) {
      if (file.path().extension() == ".journal") size = file.file_size();
    }
    return size;
  };
  auto size = journal();
  auto grown = std::chrono::steady_clock::now();
  EXPECT_TRUE(soon([&] {
    const auto now = std::chrono::steady_clock::now();
    if (const auto longer = journal(); longer != size) {
      size = longer;
      grown = now;
    }
    return now - grown > limits::kSyncBeginTime + std::chrono::seconds(1);
  }));
  EXPECT_EQ(ana.end(SIGKILL), 128 + SIGKILL);
  luis.process().send(SIGCONT);
  ana.start();
  const auto items = ana.call("GET", "/v1/transfers").at("items").as_array();
  ASSERT_EQ(items.size(), 1U) << ana.process().output();
  const auto end = done(text(items[0].as_object(), "id"));
  EXPECT_EQ(text(end, "state"), "done") << bj::serialize(end);
  EXPECT_GE(number(end, "bytes_found"), 60U << 20) << "it began anew";
  EXPECT_TRUE(read_file(text(end, "path")) == read_file(folder / "books/big book.bin"));
}

TEST_F(Sharing, EndsWithinFiveSecondsUnderLoad) {
  const auto hit = found(64 << 20);
  std::atomic<bool> over = false;
  std::vector<std::thread> load;
  for (int at = 0; at < 3; ++at) {
    load.emplace_back([&] {
      const auto client = ana.rest();
      while (!over) {
        const auto made = client.call("POST", "/v1/searches", R"({"terms":"big"})");
        if (!made) continue;
        const std::string search(bj::parse(*made).at("id").as_string());
        static_cast<void>(client.stream("GET", "/v1/searches/" + search + "/events", {},
                                        [](std::string_view) { return true; }));
      }
    });
  }
  fetch(hit);
  ASSERT_TRUE(
      soon([&] { return number(ana.status().at("transfers").as_object(), "active") <= 1; }));
  ana.process().send(SIGTERM);
  luis.process().send(SIGTERM);
  EXPECT_EQ(ana.process().wait(std::chrono::seconds(5)), 0) << ana.process().output();
  EXPECT_EQ(luis.process().wait(std::chrono::seconds(5)), 0) << luis.process().output();
  over = true;
  for (auto& thread : load) thread.join();
}

TEST_F(Sharing, EndsWithinFiveSecondsInADownloadWhoseHolderStandsStill) {
  constexpr std::size_t kBytes = 48 << 20;
  const auto id = fetch(found(kBytes));
  stop_luis_after(1U << 20, id, kBytes);
  EXPECT_EQ(text(transfer(id), "state"), "fetching");
  ana.process().send(SIGTERM);
  EXPECT_EQ(ana.process().wait(std::chrono::seconds(5)), 0) << ana.process().output();
  luis.process().send(SIGCONT);
}

TEST_F(Sharing, EndsWithinFiveSecondsWhileItServesSomebodyWhoStandsStill) {
  constexpr std::size_t kBytes = 48 << 20;
  const auto id = fetch(found(kBytes));
  ASSERT_TRUE(soon([&] { return bytes_done(id) > (1U << 20); }));
  ana.process().send(SIGSTOP);
  luis.process().send(SIGTERM);
  EXPECT_EQ(luis.process().wait(std::chrono::seconds(5)), 0) << luis.process().output();
  ana.process().send(SIGCONT);
  EXPECT_TRUE(soon([&] { return text(transfer(id), "state") == "seeking"; }))
      << boost::json::serialize(transfer(id)) << ana.process().output();
  EXPECT_EQ(final_files(), 0U);
}

TEST_F(Sharing, CancelsATransferAndRemovesItsPart) {
  const auto hit = found(64 << 20);
  luis.process().send(SIGSTOP);
  const auto id = fetch(hit);
  ana.call("DELETE", "/v1/transfers/" + id);
  const auto end = done(id);
  luis.process().send(SIGCONT);
  EXPECT_EQ(text(end, "state"), "cancelled");
  EXPECT_TRUE(soon([&] { return std::filesystem::is_empty(ana.home() + "/downloads/.part"); }));
}

TEST_F(Sharing, FollowsItsFoldersByTimerWithoutBeingTold) {
  Peer rosa(folder, "rosa", {"--set", "rescan.interval=100ms"});
  write_file(folder / "books/first.bin", 1000, 1);
  rosa.lines("POST", "/v1/shares", {{"path", folder / "books"}});
  const auto files = [&] { return number(rosa.status().at("shares").as_object(), "files"); };
  EXPECT_EQ(files(), 1U);
  write_file(folder / "books/second.bin", 1000, 2);
  EXPECT_TRUE(soon([&] { return files() == 2; })) << rosa.process().output();
  std::filesystem::remove(folder / "books/first.bin");
  EXPECT_TRUE(soon([&] { return files() == 1; })) << rosa.process().output();
}

TEST_F(Sharing, ListsAndForgetsShares) {
  found(1000);
  const auto shares = luis.call("GET", "/v1/shares").at("items").as_array();
  ASSERT_EQ(shares.size(), 1U);
  EXPECT_EQ(shares[0].at("state"), "ready");
  const auto files = luis.call("GET", "/v1/shares/files?q=book&limit=1");
  ASSERT_EQ(files.at("items").as_array().size(), 1U);
  EXPECT_EQ(files.at("items").as_array()[0].at("name"), "big book.bin");
  const auto after =
      luis.call("GET", "/v1/shares/files?limit=1&cursor=" + text(files, "next_cursor"));
  EXPECT_TRUE(after.at("items").as_array().empty());
  EXPECT_TRUE(luis.call("GET", "/v1/shares/errors").at("items").as_array().empty());
  const auto again = luis.lines("POST", "/v1/shares/rescan");
  EXPECT_EQ(text(again.back(), "schema"), "shoal/share/1");
  EXPECT_EQ(number(again.back(), "hashed"), 0U) << "nothing changed";
  luis.call("DELETE", "/v1/shares?path=" + text(shares[0].as_object(), "path"));
  const auto lines = ana.search({{"terms", "big book"}});
  EXPECT_EQ(lines.size(), 1U) << "only the report";
}

}  // namespace
}  // namespace shoal::daemon
