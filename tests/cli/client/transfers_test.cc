// SPDX-License-Identifier: Apache-2.0
// What `shoal transfers` shows of one transfer, and how it is told to pause and go on.
#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include "cli/client/context/text.h"
#include "cli/client/output/piece_bar.h"
#include "tests/cli/client/fake_daemon.h"

namespace shoal::client {
namespace {

std::string source(unsigned char peer, const std::string& name, const std::string& rest) {
  return R"({"peer":")" + peer_text(peer) + R"(","name":")" + name + R"(",)" + rest + "}";
}

// Eight pieces of 1 MiB, the first five here; luis has all, marta lacks some, pedro lied.
const std::string kTransfer =
    R"({"schema":"shoal/transfer/1","id":"7","content":")" + kContentA +
    R"(","name":"big.iso","folder":"/home/ana/dl","state":"fetching","paused_by":null,)"
    R"("size":8388608,"bytes_done":5242880,"bytes_wasted":1048576,"sources":2,"rate":1048576,)"
    R"("path":"","error":null,"pieces":{"count":8,"bytes":1048576,"here":5,"map":"f8"},"from":[)" +
    source(1, "luis",
           R"("state":"up","bytes":4194304,"rate":786432,"pieces":8,"why":"","map":null)") +
    "," +
    source(2, "", R"("state":"up","bytes":1048576,"rate":262144,"pieces":2,"why":"","map":"81")") +
    "," +
    source(3, "pedro",
           R"("state":"set aside","bytes":1048576,"rate":0,"pieces":0,"why":"a wrong hash",)"
           R"("map":null)") +
    "]}";

TEST(Transfers, OneIsShownWithItsPiecesAndItsSources) {
  FakeDaemon daemon;
  daemon.answer("GET", "/v1/transfers/{id}", kTransfer).start();
  const auto shown = Shell(daemon).with("LANG", "C").run({"transfers", "7"}, Where::kTerminal);
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_EQ(daemon.heard().back(), "GET /v1/transfers/7");
  const std::string marta = peer_text(2).substr(0, 8);
  EXPECT_EQ(shown.out,
            "7  big.iso\n"
            "state     fetching  62 %, 5.0 MiB of 8.0 MiB, 1.0 MiB/s, eta 3.0 s\n"
            "content   " +
                kContentA +
                "\n"
                "saved     /home/ana/dl (when it is whole)\n"
                "wasted    1.0 MiB\n"
                "pieces    5 of 8, 1.0 MiB each\n"
                "          [#####...]\n"
                "given by  luis 66 %, " +
                marta +
                " 16 %, pedro 16 %\n"
                "FROM      STATE         GAVE         RATE  PIECES  HAS, OR WHY NOT\n"
                "luis      up         4.0 MiB  768.0 KiB/s       8  [########]\n" +
                marta +
                "  up         1.0 MiB  256.0 KiB/s       2  [#......#]\n"
                "pedro     set aside  1.0 MiB                    0  a wrong hash\n");
}

TEST(Transfers, TellThePlaceInTheQueueOfASource) {
  const std::string queue = R"("queue":{"position":12,"eta_ms":90000})";
  const std::string waits =
      R"({"id":"7","name":"big.iso","state":"queued","size":8,"bytes_done":0,"sources":0,"path":"",)"
      R"("error":null,)" +
      queue + R"(,"from":[)" +
      source(1, "luis", R"("state":"queued","bytes":0,"why":"",)" + queue) + "]}";
  FakeDaemon daemon;
  daemon.answer("GET", "/v1/transfers", R"({"items":[)" + waits + "]}");
  daemon.answer("GET", "/v1/transfers/{id}", waits).start();
  const auto list = Shell(daemon).run({"transfers"}, Where::kTerminal);
  EXPECT_TRUE(has(list.out, "queued")) << list.out;
  EXPECT_TRUE(has(list.out, "place 12 in the queue, about 1")) << list.out;
  const auto one = Shell(daemon).run({"transfers", "7"}, Where::kTerminal);
  EXPECT_TRUE(has(one.out, "place 12 in the queue, about 1")) << one.out;
}

TEST(Transfers, SayWhichSourceHasStalledAndSince) {
  const std::string stalls =
      R"({"id":"7","name":"big.iso","state":"fetching","size":8,"bytes_done":0,"sources":0,)"
      R"("path":"","error":null,"from":[)" +
      source(1, "luis",
             R"("state":"stalled","bytes":1048576,"rate":0,"pieces":0,"queue":null,)"
             R"("stall":{"silent_ms":23000,"again_ms":7000},)"
             R"("why":"nothing came for 23 s, asked again in 7 s")") +
      "]}";
  FakeDaemon daemon;
  daemon.answer("GET", "/v1/transfers/{id}", stalls).start();
  const auto one = Shell(daemon).run({"transfers", "7"}, Where::kTerminal);
  EXPECT_TRUE(has(one.out, "stalled  1.0 MiB")) << one.out;
  EXPECT_TRUE(has(one.out, "nothing came for 23 s, asked again in 7 s")) << one.out;
}

TEST(Transfers, OneInAPipeIsARowForEachSource) {
  FakeDaemon daemon;
  daemon.answer("GET", "/v1/transfers/{id}", kTransfer).start();
  Shell shell(daemon);
  const auto shown = shell.run({"transfers", "7"});
  EXPECT_TRUE(has(shown.out, "luis\tup\t4194304\t786432\t8\t\n")) << shown.out;
  EXPECT_TRUE(has(shown.out, "pedro\tset aside\t1048576\t0\t0\ta wrong hash\n")) << shown.out;
  const auto json = shell.run({"transfers", "7", "--json"});
  EXPECT_TRUE(has(json.out, R"("map":"f8")")) << json.out;
}

TEST(Transfers, ArePausedAndResumedById) {
  FakeDaemon daemon;
  daemon.answer("POST", "/v1/transfers/{id}/pause", kTransfer);
  daemon.answer("POST", "/v1/transfers/{id}/resume", kTransfer);
  daemon.start();
  Shell shell(daemon);
  EXPECT_EQ(shell.run({"transfers", "pause", "7", "8"}).code, 0);
  EXPECT_EQ(shell.run({"transfers", "resume", "7"}).code, 0);
  EXPECT_EQ(daemon.heard(),
            (std::vector<std::string>{"POST /v1/transfers/7/pause", "POST /v1/transfers/8/pause",
                                      "POST /v1/transfers/7/resume"}));
  const auto half = shell.run({"transfers", "resume"});
  EXPECT_EQ(half.code, 2);
  EXPECT_TRUE(has(half.err, "which download to resume is missing")) << half.err;
  EXPECT_EQ(shell.run({"transfers", "hurry", "7"}).code, 2);
  EXPECT_EQ(shell.run({"transfers", "7", "8"}).code, 2);
}

TEST(Get, SaysWhoGivesAndWhoGaveHowMuch) {
  FakeDaemon daemon;
  daemon.answer("POST", "/v1/transfers", R"({"id":"7","state":"preparing"})", 201);
  const std::string done =
      R"({"schema":"shoal/transfer.done/1","id":"7","state":"done","size":8388608,)"
      R"("bytes_done":8388608,"path":"/dl/it","error":null,"from":[)" +
      source(1, "luis", R"("bytes":6291456)") + "," + source(2, "marta", R"("bytes":2097152)") +
      "]}";
  daemon.stream(
      "GET", "/v1/transfers/{id}/events",
      {kTransfer, R"({"state":"paused","paused_by":"user","size":8388608,"bytes_done":0})",
       R"({"state":"paused","paused_by":"user","size":8388608,"bytes_done":0})", done});
  daemon.start();
  const auto got = Shell(daemon).run({"get", kContentA, "--progress=json"});
  EXPECT_EQ(got.code, 0) << got.err;
  const std::string note = "# paused: shoal transfers resume 7 lets it go on\n";
  EXPECT_TRUE(has(got.err, note)) << got.err;
  EXPECT_EQ(got.err.find(note), got.err.rfind(note)) << "once";
  EXPECT_TRUE(has(got.err, "; luis 75 %, marta 25 %\n")) << got.err;
  const auto drawn = Shell(daemon).with("TERM", "xterm").run({"get", kContentA}, Where::kTerminal);
  EXPECT_TRUE(has(drawn.err, "2 sources: luis 768.0 KiB/s")) << drawn.err;
}

// The oracle counts for each cell what lies in it.
RC_GTEST_PROP(PieceBar, IsFullWhereAllIsHereAndEmptyWhereNothingIs, ()) {
  const auto pieces = *rc::gen::inRange<std::size_t>(1, 300).as("pieces");
  const auto columns = *rc::gen::inRange<std::size_t>(1, 60).as("columns");
  const auto here = *rc::gen::container<std::vector<bool>>(pieces, rc::gen::arbitrary<bool>())
                         .as("pieces that are here");
  std::string map;
  for (std::size_t at = 0; at < pieces; at += 4) {
    unsigned four = 0;
    for (std::size_t i = 0; i < 4; ++i)
      four = four * 2 + (at + i < pieces && here[at + i] ? 1U : 0U);
    map += "0123456789abcdef"[four];
  }
  const std::string bar = piece_bar(map, pieces, columns, true);
  const std::size_t cells = std::min(pieces, columns);
  RC_ASSERT(bar.size() == cells + 2);
  RC_ASSERT(width(piece_bar(map, pieces, columns, false)) == cells + 2);
  for (std::size_t cell = 0; cell < cells; ++cell) {
    std::size_t in = 0;
    std::size_t have = 0;
    for (std::size_t piece = 0; piece < pieces; ++piece) {
      // The cell whose range holds it: the last one that begins at or before it.
      std::size_t mine = 0;
      while (mine + 1 < cells && (mine + 1) * pieces / cells <= piece) ++mine;
      if (mine != cell) continue;
      ++in;
      have += here[piece] ? 1U : 0U;
    }
    RC_ASSERT((bar[cell + 1] == '#') == (have == in));
    RC_ASSERT((bar[cell + 1] == '.') == (have == 0));
  }
}

}  // namespace
}  // namespace shoal::client
