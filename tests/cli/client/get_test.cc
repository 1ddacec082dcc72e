// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <thread>

#include "proto/json/reader.h"
#include "tests/cli/client/fake_daemon.h"

namespace shoal::client {
namespace {

std::string progress_line(int done, const std::string& state = "fetching", int found = 0) {
  return R"({"schema":"shoal/transfer.progress/1","id":"7","state":")" + state +
         R"(","size":1048576,"bytes_done":)" + std::to_string(done) + R"(,"bytes_found":)" +
         std::to_string(found) + R"(,"sources":1})";
}
const std::string kDone =
    R"({"schema":"shoal/transfer.done/1","id":"7","state":"done","size":1048576,)"
    R"("bytes_done":1048576,"bytes_found":0,"path":"/home/ana/dl/GPL-3 text.pdf","error":null})";

FakeDaemon& with_transfer(FakeDaemon& daemon, FakeDaemon::Lines lines, bool hold = false) {
  daemon.answer("POST", "/v1/transfers", R"({"id":"7","state":"preparing"})", 201);
  daemon.stream("GET", "/v1/transfers/{id}/events", std::move(lines), hold);
  return daemon;
}

FakeDaemon& with_search(FakeDaemon& daemon) {
  daemon.answer("POST", "/v1/searches", R"({"id":"s1"})", 201);
  daemon.stream(
      "GET", "/v1/searches/{id}/events",
      {hit_line(kContentB, "first", 5, "E", 4), hit_line(kContentA, "GPL-3.pdf", 5, "E", 4),
       report_line({1}, {{"B", "primary", "answered"}}, 2)});
  return daemon;
}

TEST(Get, SaysWhoIsSilentForHowLong) {
  std::string line = progress_line(524288);
  line.pop_back();
  line += R"(,"from":[{"peer":")" + peer_text(1) +
          R"(","name":"luis","state":"stalled","stall":{"silent_ms":23456,"again_ms":0}}]})";
  FakeDaemon daemon;
  with_transfer(daemon, {line, kDone}).start();
  const auto done = Shell(daemon).with("TERM", "xterm").run({"get", kContentA}, Where::kTerminal);
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_TRUE(has(done.err, "1 source, silent: luis for 23")) << done.err;
}

TEST(Get, FetchesARowOfTheLastSearchAndPrintsItsPath) {
  FakeDaemon daemon;
  with_transfer(with_search(daemon), {progress_line(0), progress_line(524288), kDone}).start();
  Shell shell(daemon);
  ASSERT_EQ(shell.run({"search", "gpl"}).code, 0);
  const std::string folder = daemon.folder() + "/dl/deep";
  const auto done = shell.run({"get", "2", "-o", folder});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.out, "/home/ana/dl/GPL-3 text.pdf\n");
  EXPECT_TRUE(has(done.err, "# verified 1.0 MiB")) << done.err;
  EXPECT_TRUE(std::filesystem::is_directory(folder));
  EXPECT_EQ(daemon.heard().at(2), "POST /v1/transfers {\"content\":\"" + kContentA +
                                      R"(","name":"GPL-3.pdf","search":"s1","folder":")" + folder +
                                      "\"}");
}

TEST(Get, TakesANameThatOneRowOfTheLastSearchHas) {
  FakeDaemon daemon;
  with_transfer(with_search(daemon), {kDone}).start();
  Shell shell(daemon);
  ASSERT_EQ(shell.run({"search", "gpl"}).code, 0);
  const auto done = shell.run({"get", "GPL-3.pdf"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_TRUE(has(daemon.heard().at(2), kContentA)) << daemon.heard().at(2);
  EXPECT_EQ(shell.run({"get", "gpl-3"}).code, 2);
  FakeDaemon two;
  with_transfer(two, {kDone}).answer("POST", "/v1/searches", R"({"id":"s1"})", 201);
  two.stream("GET", "/v1/searches/{id}/events",
             {hit_line(kContentB, "same", 5, "E", 4), hit_line(kContentA, "same", 5, "E", 4),
              report_line({1}, {{"B", "primary", "answered"}}, 2)});
  two.start();
  Shell either(two);
  ASSERT_EQ(either.run({"search", "same"}).code, 0);
  EXPECT_EQ(either.run({"get", "same"}).code, 2) << "either of two";
}

TEST(Get, SaysWhenAFileWasFetchedBeforeAndNotHowFast) {
  FakeDaemon daemon;
  daemon.answer("POST", "/v1/transfers", R"({"id":"7","state":"done"})");
  daemon.stream("GET", "/v1/transfers/{id}/events", {kDone}).start();
  Shell shell(daemon);
  const auto done = shell.run({"get", kContentA});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.out, "/home/ana/dl/GPL-3 text.pdf\n");
  EXPECT_EQ(done.err, "# fetched and verified earlier: 1.0 MiB\n");
}

TEST(Get, SaysOnceWhyItWaitsForASource) {
  const auto waiting = [](const std::string& why) {
    auto line = progress_line(4096, "seeking");
    line.pop_back();
    return line + R"(,"error":{"code":"source_changed","what":"cannot fetch from luis","why":")" +
           why + "\"}}";
  };
  FakeDaemon daemon;
  with_transfer(daemon, {waiting("it was edited"), waiting("it was edited"), waiting("it hung up"),
                         progress_line(8192), kDone})
      .start();
  const auto done = Shell(daemon).run({"get", kContentA});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_TRUE(
      done.err.starts_with("# waits for a source: cannot fetch from luis: it was edited\n"
                           "# waits for a source: cannot fetch from luis: it hung up\n"
                           "# verified"))
      << done.err;
}

TEST(Get, SaysOnceThatItWaitsForRoomAndWhatToDo) {
  auto full = progress_line(4096, "paused");
  full.pop_back();
  full += R"(,"error":{"code":"no_space","what":"cannot write to the part file",)"
          R"("why":"No space left on device","next":"free some space"}})";
  FakeDaemon daemon;
  with_transfer(daemon, {full, full, progress_line(8192), kDone}).start();
  const auto done = Shell(daemon).run({"get", kContentA});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_TRUE(
      done.err.starts_with("# waits for room: cannot write to the part file: No space left "
                           "on device; free some space\n# verified"))
      << done.err;
}

TEST(Get, SaysThatItWaitsInAQueueAndShowsItsPlace) {
  const auto queued = [](int position, int eta_ms) {
    auto line = progress_line(4096, "queued");
    line.resize(line.size() - std::string(R"(1})").size());
    return line + R"(0,"queue":{"position":)" + std::to_string(position) + R"(,"eta_ms":)" +
           std::to_string(eta_ms) + "}}";
  };
  FakeDaemon daemon;
  with_transfer(daemon, {queued(3, 120'000), queued(1, 0), progress_line(8192), kDone}).start();
  const auto done = Shell(daemon).run({"get", kContentA});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_TRUE(done.err.starts_with("# waits for its turn: place 3 in the queue, about 2"))
      << done.err;
  EXPECT_FALSE(has(done.err, "place 1")) << done.err;
  const auto drawn = Shell(daemon).with("TERM", "xterm").run({"get", kContentA, "--progress=tty"});
  EXPECT_TRUE(has(drawn.err, "place 3 in the queue")) << drawn.err;
}

TEST(Get, TakesAContentIdOrALink) {
  FakeDaemon daemon;
  with_transfer(daemon, {kDone}).start();
  EXPECT_EQ(Shell(daemon).run({"get", kContentA}).code, 0);
  const std::string peer = peer_text(7) + "@h:1,[::1]:2";
  const auto link = "shoal:?id=" + kContentB.substr(0, 64) + "&length=200&name=a%20b&source=";
  EXPECT_EQ(Shell(daemon).run({"get", link + peer}).code, 0);
  EXPECT_EQ(daemon.heard().at(0), "POST /v1/transfers {\"content\":\"" + kContentA + "\"}");
  EXPECT_EQ(daemon.heard().at(2), "POST /v1/transfers {\"content\":\"" + kContentB +
                                      R"(","name":"a b","sources":["shoal://)" + peer + R"("]})");
}

TEST(Get, SaysWhatIsNoFile) {
  FakeDaemon daemon;
  with_transfer(with_search(daemon), {kDone}).start();
  Shell shell(daemon);
  const auto early = shell.run({"get", "1"});
  EXPECT_EQ(early.code, 3);
  EXPECT_TRUE(has(early.err, "there is no last search")) << early.err;
  ASSERT_EQ(shell.run({"search", "gpl"}).code, 0);
  const auto beyond = shell.run({"get", "9"});
  EXPECT_EQ(beyond.code, 3);
  EXPECT_TRUE(has(beyond.err, "the last search has no row 9")) << beyond.err;
  EXPECT_EQ(shell.run({"get", "zebra"}).code, 2);
  EXPECT_EQ(shell.run({"get", "shoal:?id=zebra"}).code, 2);
}

TEST(Get, TellsAFailureInTheDaemonsWords) {
  FakeDaemon daemon;
  with_transfer(
      daemon,
      {progress_line(0),
       R"({"schema":"shoal/transfer.done/1","id":"7","state":"failed","path":"","error":)"
       R"({"code":"integrity","what":"piece 3 is wrong","why":"hash","next":"search again"}})"})
      .start();
  const auto done = Shell(daemon).run({"get", kContentA});
  EXPECT_EQ(done.code, 7);
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(done.err, "shoal: piece 3 is wrong\n  why:  hash\n  next: search again\n");
}

TEST(Get, GoesOnInTheDaemonAfterCtrlC) {
  FakeDaemon daemon;
  with_transfer(daemon, {progress_line(0)}, true).start();
  Shell shell(daemon);
  std::thread user([&] {
    daemon.await_stream();
    shell.stop = true;
  });
  const auto done = shell.run({"get", kContentA});
  user.join();
  EXPECT_EQ(done.code, 130);
  EXPECT_TRUE(has(done.err, "the download goes on in the daemon; shoal transfers cancel 7"))
      << done.err;
  EXPECT_EQ(daemon.heard().size(), 2U);
}

TEST(Get, GivesUpInTime) {
  FakeDaemon daemon;
  with_transfer(daemon, {progress_line(0)}, true).start();
  EXPECT_EQ(Shell(daemon).run({"get", kContentA, "--timeout", "200ms"}).code, 5);
}

TEST(Get, BrokenOffSaysHowToGoOn) {
  FakeDaemon daemon;
  with_transfer(daemon, {progress_line(0)}).start();
  const auto done = Shell(daemon).run({"get", kContentA});
  EXPECT_EQ(done.code, 6);
  EXPECT_TRUE(has(done.err, "shoal transfers")) << done.err;
}

TEST(Get, DrawsABarOnATerminalOnly) {
  FakeDaemon daemon;
  with_transfer(daemon, {progress_line(524288, "fetching", 1000), kDone}).start();
  Shell shell(daemon);
  shell.with("TERM", "xterm");
  const auto bar = shell.run({"get", kContentA, "--ascii"}, Where::kTerminal);
  EXPECT_TRUE(has(bar.err, "\r\x1b[K[============            ] 50%  512.0 KiB of 1.0 MiB"))
      << bar.err;
  EXPECT_TRUE(has(bar.err, "(1000 B were here before)")) << bar.err;
  const auto plain = shell.run({"get", kContentA});
  EXPECT_FALSE(has(plain.err, "\x1b"));
  const auto json = shell.run({"get", kContentA, "--progress=json"});
  EXPECT_TRUE(has(json.err, R"("schema":"shoal/transfer.progress/1")")) << json.err;
  EXPECT_FALSE(has(shell.run({"get", kContentA, "-q"}).err, "verified"));
}

TEST(Get, InJsonGivesTheEvents) {
  FakeDaemon daemon;
  with_transfer(daemon, {progress_line(0), kDone}).start();
  const auto done = Shell(daemon).run({"get", kContentA, "--json=state"});
  EXPECT_EQ(done.out,
            "{\"schema\":\"shoal/transfer.progress/1\",\"state\":\"fetching\"}\n"
            "{\"schema\":\"shoal/transfer.done/1\",\"state\":\"done\"}\n");
}

TEST(Get, InTheBackgroundPrintsTheTransfersId) {
  FakeDaemon daemon;
  with_transfer(daemon, {kDone}).start();
  Shell shell(daemon);
  EXPECT_EQ(shell.run({"get", kContentA, "--background"}).out, "7\n");
  EXPECT_EQ(daemon.heard().size(), 1U);
  EXPECT_EQ(shell.run({"get", kContentA, "--background", "--json=id"}).out, "{\"id\":\"7\"}\n");
}

TEST(Transfers, OneThatCannotBeCancelledSparesNoOther) {
  FakeDaemon daemon;
  daemon.refuse("DELETE", "/v1/transfers/{id}", {Errc::kNotFound, "no such download", "", ""});
  daemon.start();
  const auto done = Shell(daemon).run({"transfers", "cancel", "7", "8"});
  EXPECT_EQ(done.code, 3);
  EXPECT_EQ(daemon.heard(),
            (std::vector<std::string>{"DELETE /v1/transfers/7", "DELETE /v1/transfers/8"}));
  for (const std::string id : {"7", "8"}) {
    EXPECT_TRUE(
        has(done.err, "shoal: " + id + ": no such download\n  next: shoal transfers lists "))
        << done.err;
  }
}

TEST(Transfers, ListAndCancel) {
  FakeDaemon daemon;
  daemon.answer(
      "GET", "/v1/transfers",
      R"({"items":[{"id":"7","name":"big.iso","size":1000,"bytes_done":620,"sources":3,)"
      R"("state":"fetching","rate":2048},{"id":"8","name":"x","size":10,"bytes_done":0,"sources":0,)"
      R"("state":"failed","error":{"what":"the disk is full","why":"0 B left"}}]})");
  daemon.answer("DELETE", "/v1/transfers/{id}", "", 204);
  daemon.start();
  Shell shell(daemon);
  EXPECT_EQ(shell.run({"transfers"}).out,
            "7\tbig.iso\t1000\t620\t3\tfetching\t2048\t\n"
            "8\tx\t10\t0\t0\tfailed\t0\tthe disk is full: 0 B left\n");
  EXPECT_EQ(
      shell.run({"transfers"}, Where::kTerminal).out,
      "ID  NAME       SIZE  DONE  SOURCES  STATE          RATE  WHERE OR WHY\n"
      "7   big.iso  1000 B  62 %        3  fetching  2.0 KiB/s\n"
      "8   x          10 B   0 %        0  failed               the disk is full: 0 B left\n");
  EXPECT_EQ(shell.run({"transfers", "-q"}).out, "7\n8\n");
  EXPECT_EQ(shell.run({"transfers", "cancel", "7"}).code, 0);
  EXPECT_EQ(daemon.heard().back(), "DELETE /v1/transfers/7");
  const auto half = shell.run({"transfers", "cancel"});
  EXPECT_EQ(half.code, 2);
  EXPECT_TRUE(has(half.err, "which download to cancel is missing")) << half.err;
}

}  // namespace
}  // namespace shoal::client
