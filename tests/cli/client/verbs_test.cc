// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <fstream>

#include "proto/json/reader.h"
#include "tests/cli/client/fake_daemon.h"

namespace shoal::client {
namespace {

const std::string kStatusBody =
    R"({"schema":"shoal/status/1","name":"ana","id":")" + peer_text('a') +
    R"(","url":"shoal://x@127.0.0.2:7401","version":"0.1.0","pid":0,"uptime_ms":11520000,)"
    R"("rest":"http://127.0.0.1:7480","socket":"/run/s.sock","network":"shoal",)"
    R"("friends":{"up":1,"total":2},"primary":{"name":"luis","id":"l","state":"active"},)"
    R"("secondary":{"name":"marta","id":"m","state":"standby"},)"
    R"("shares":{"folders":1,"files":1204,"bytes":1048576},"transfers":{"active":2},)"
    R"("directory":{"url":"http://127.0.0.7:7000","state":"down","last_error":"refused"},)"
    R"("drops":{"late_hit":3,"garbage":0}})";

TEST(Status, IsReadableOnATerminalAndPlainInAPipe) {
  FakeDaemon daemon;
  daemon.answer("GET", "/v1/status", kStatusBody).start();
  Shell shell(daemon);
  const auto seen = shell.run({"status"}, Where::kTerminal);
  EXPECT_EQ(seen.code, 0);
  EXPECT_TRUE(has(seen.out, "  up 3h12m  network shoal  version 0.1.0")) << seen.out;
  EXPECT_TRUE(has(seen.out, "friends 1/2 up (primary luis active, secondary marta standby)\n"));
  EXPECT_TRUE(has(seen.out, "shares 1 folder, 1204 files, 1.0 MiB; transfers 2 active\n"));
  EXPECT_TRUE(has(seen.out, "directory http://127.0.0.7:7000 down: refused\n"));
  EXPECT_TRUE(has(seen.out, "dropped: 3 late_hit\n"));
  EXPECT_TRUE(has(shell.run({"status"}).out, "primary.state\tactive\n"));
  EXPECT_EQ(shell.run({"status", "-q"}).out, peer_text('a') + "\n");
  EXPECT_EQ(shell.run({"status", "--json=name,friends.up"}).out,
            "{\"schema\":\"shoal/status/1\",\"name\":\"ana\",\"friends.up\":1}\n");
}

TEST(Status, WithoutADaemonSaysWhatToDoIn3LinesAndExitsWith6) {
  const FakeDaemon nobody;
  const auto done = Shell(nobody).run({"status"});
  EXPECT_EQ(done.code, 6);
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(done.err, "shoal: no daemon answers at unix:" + nobody.socket() +
                          "\n  why:  No such file or directory\n"
                          "  next: shoal up starts it; --home or --socket says where another one "
                          "is\n");
  const auto json = Shell(nobody).run({"status", "--json"});
  EXPECT_EQ(json.code, 6);
  EXPECT_TRUE(has(json.err, R"({"schema":"shoal/error/1","code":"unreachable")")) << json.err;
}

TEST(Status, RefusesAnAnswerThatIsNoObject) {
  FakeDaemon daemon;
  daemon.answer("GET", "/v1/status", "[1,2]").start();
  EXPECT_EQ(Shell(daemon).run({"status"}).code, 7);
}

TEST(Status, TellsNeighboursThatAreNoFriendsApart) {
  FakeDaemon daemon;
  std::string body = kStatusBody;
  body.insert(body.find(R"("friends")"),
              R"("mode":"open","neighbours":{"up":4,"membership":"hyparview","known":21},)");
  daemon.answer("GET", "/v1/status", body).start();
  const auto seen = Shell(daemon).run({"status"}, Where::kTerminal).out;
  EXPECT_TRUE(has(seen, "network shoal (open)  version")) << seen;
  EXPECT_TRUE(has(seen, "standby)\n4 neighbours beside friends, 21 more known\nshares")) << seen;
}

TEST(Friends, StandBeforeNeighboursThatAreNone) {
  const auto row = [](unsigned char id, const std::string& role) {
    return R"({"id":")" + peer_text(id) + R"(","name":"","role":")" + role +
           R"(","state":"active"})";
  };
  FakeDaemon daemon;
  daemon.answer("GET", "/v1/friends",
                R"({"items":[)" + row('n', "neighbour") + "," + row('a', "accepted") + "," +
                    row('f', "friend") + "]}");
  daemon.start();
  EXPECT_EQ(Shell(daemon).run({"friends", "-q"}).out,
            peer_text('f') + "\n" + peer_text('a') + "\n" + peer_text('n') + "\n");
}

TEST(Errors, OfTheDaemonKeepTheirWordsAndGiveTheirExitCodes) {
  struct Case {
    Errc code;
    int exit;
  };
  for (const auto& c :
       {Case{Errc::kConflict, 1}, Case{Errc::kInvalidArgument, 2}, Case{Errc::kNotFound, 3},
        Case{Errc::kDenied, 4}, Case{Errc::kTimeout, 5}, Case{Errc::kNotConnected, 6},
        Case{Errc::kIntegrity, 7}, Case{Errc::kPartial, 8}, Case{Errc::kConfig, 9}}) {
    FakeDaemon daemon;
    daemon.refuse("GET", "/v1/status", {c.code, "it did not", "because", "try that"}).start();
    const auto done = Shell(daemon).run({"status"});
    EXPECT_EQ(done.code, c.exit);
    EXPECT_EQ(done.err, "shoal: it did not\n  why:  because\n  next: try that\n");
  }
}

TEST(Share, ShowsWhatCameOfIt) {
  FakeDaemon daemon;
  daemon.stream("POST", "/v1/shares",
                {R"({"schema":"shoal/share.progress/1","files_done":1,"files_total":3})",
                 R"({"schema":"shoal/share/1","path":"/b","files":3,"bytes":2048,"errors":0,)"
                 R"("duplicates":1})"});
  daemon.start();
  Shell shell(daemon);
  const auto done = shell.run({"share", daemon.folder() + "/run/.."}, Where::kTerminal);
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_TRUE(has(done.out, "/b: 3 files shared, 2.0 KiB, 1 duplicate\n")) << done.out;
  EXPECT_EQ(daemon.heard().front(), R"(POST /v1/shares {"path":")" + daemon.folder() + "/\"}");
  EXPECT_EQ(shell.run({"share", daemon.folder()}).out, "/b\t3\t2048\t0\n");
  EXPECT_EQ(shell.run({"share", daemon.folder() + "/nosuch"}).code, 3);
  EXPECT_EQ(shell.run({"share"}).code, 2);
}

TEST(Share, ExitsWith8WhenSomeOfItCouldNotBe) {
  FakeDaemon daemon;
  daemon.stream("POST", "/v1/shares",
                {R"({"schema":"shoal/share/1","path":"/b","files":3,"bytes":2,"errors":2})"});
  daemon.start();
  const auto done = Shell(daemon).run({"share", daemon.folder()}, Where::kTerminal);
  EXPECT_EQ(done.code, 8);
  EXPECT_TRUE(has(done.out, "2 could not be (shoal shares --errors)")) << done.out;
}

TEST(Shares, ListsAndUnshares) {
  FakeDaemon daemon;
  daemon.answer("GET", "/v1/shares",
                R"({"items":[{"path":"/b","files":3,"bytes":2048,"state":"ready","errors":1}]})");
  daemon.answer("GET", "/v1/shares/errors",
                R"({"items":[{"share":"/b","path":"x","why":"no permission"}]})");
  daemon.answer("GET", "/v1/shares/files",
                R"({"items":[{"name":"n","size":4,"path":"/b/n",)"
                R"("content":"c"}],"next_cursor":""})");
  daemon.answer("DELETE", "/v1/shares", "", 204);
  daemon.stream("POST", "/v1/shares/rescan", {});
  daemon.start();
  Shell shell(daemon);
  EXPECT_EQ(shell.run({"shares"}).out, "/b\t3\t2048\tready\t1\n");
  EXPECT_EQ(shell.run({"shares"}, Where::kTerminal).out,
            "PATH  FILES     SIZE  STATE  ERRORS\n"
            "/b        3  2.0 KiB  ready       1\n");
  EXPECT_EQ(shell.run({"shares", "--json=path"}).out,
            "{\"schema\":\"shoal/shares/1\",\"items\":[{\"path\":\"/b\"}]}\n");
  EXPECT_EQ(shell.run({"shares", "--errors"}).out, "/b\tx\tno permission\n");
  EXPECT_EQ(shell.run({"shares", "--files", "hand book"}).out, "n\t4\t/b/n\tc\n");
  EXPECT_EQ(daemon.heard().back(), "GET /v1/shares/files limit=100 q=hand book");
  EXPECT_EQ(shell.run({"shares", "rescan"}).code, 0);
  EXPECT_EQ(shell.run({"shares", "paint"}).code, 2);
  EXPECT_EQ(shell.run({"unshare", "/b"}).code, 0);
  EXPECT_EQ(daemon.heard().back(), "DELETE /v1/shares path=/b");
}

TEST(Shares, FollowsCursors) {
  FakeDaemon daemon;
  daemon.answer("GET", "/v1/shares/files",
                R"({"items":[{"name":"n","size":4,"path":"/n","content":"c"}],"next_cursor":"1"})");
  daemon.start();
  EXPECT_EQ(Shell(daemon).run({"shares", "--files", ""}).out, "n\t4\t/n\tc\nn\t4\t/n\tc\n");
  EXPECT_EQ(daemon.heard().back(), "GET /v1/shares/files limit=99 cursor=1");
}

const std::string kFriendsBody =
    R"({"items":[{"id":")" + peer_text('l') +
    R"(","name":"luis","role":"primary","state":"active","rtt_ms":3.21,"since_ms":7200000,)"
    R"("upload_rate":500000},)"
    R"({"id":")" +
    peer_text('p') +
    R"(","name":"pedro","role":"friend","state":"down","last_error":"refused",)"
    R"("next_dial_ms":41000}]})";

TEST(Friends, ListAddAndRemoveByName) {
  FakeDaemon daemon;
  daemon.answer("GET", "/v1/friends", kFriendsBody);
  daemon.answer("POST", "/v1/friends", R"({"id":"abcdefghijk","name":"rosa"})", 201);
  daemon.answer("DELETE", "/v1/friends/{id}", "", 204);
  daemon.answer("GET", "/v1/status", R"({"url":"shoal://me@h:2"})");
  daemon.start();
  Shell shell(daemon);
  const auto seen = shell.run({"friends"}, Where::kTerminal).out;
  EXPECT_TRUE(has(seen, "primary  active")) << seen;
  EXPECT_TRUE(has(seen, "3.2 ms  2h00m  500KB/s")) << seen;
  EXPECT_TRUE(has(seen, "refused; next dial in 41.0 s")) << seen;
  EXPECT_EQ(shell.run({"friends"}).out, "luis\t" + peer_text('l') +
                                            "\tprimary\tactive\t3.210\t7200000\t500000\t\npedro\t" +
                                            peer_text('p') + "\tfriend\tdown\t\t\t\trefused\n");
  const auto added = shell.run({"friends", "add", "shoal://x@h:1", "--role", "secondary"});
  EXPECT_EQ(added.out, "added rosa (abcdefgh) as secondary\n");
  EXPECT_TRUE(has(added.err, "there, too: shoal friends add shoal://me@h:2")) << added.err;
  EXPECT_EQ(daemon.heard().at(daemon.heard().size() - 2),
            R"(POST /v1/friends {"url":"shoal://x@h:1","role":"secondary"})");
  EXPECT_EQ(shell.run({"friends", "remove", "pedro"}).code, 0);
  EXPECT_EQ(daemon.heard().back(), "DELETE /v1/friends/" + peer_text('p'));
  EXPECT_EQ(shell.run({"friends", "remove", "nobody"}).code, 3);
  EXPECT_EQ(shell.run({"friends", "kiss", "pedro"}).code, 2);
  for (const std::string verb : {"add", "remove"}) {
    const auto half = shell.run({"friends", verb});
    EXPECT_EQ(half.code, 2);
    EXPECT_TRUE(has(half.err, "whom to " + verb + " is missing")) << half.err;
    const auto more = shell.run({"friends", verb, "luis", "pedro"});
    EXPECT_EQ(more.code, 2);
    EXPECT_TRUE(has(more.err, verb + " is for one friend at a time")) << more.err;
  }
}

TEST(Friends, AreServedAtARateFromNowOnOrAsUsual) {
  FakeDaemon daemon;
  daemon.answer("GET", "/v1/friends", kFriendsBody);
  daemon.answer("PATCH", "/v1/friends/{id}", R"({"upload_rate":2097152,"upload_rate_told":true})");
  daemon.start();
  Shell shell(daemon);
  const std::string order = "PATCH /v1/friends/" + peer_text('p') + " ";
  const auto told = shell.run({"friends", "rate", "pedro", "2MiB/s"});
  EXPECT_EQ(told.code, 0) << told.err;
  EXPECT_EQ(told.err, "pedro is served at most 2MiB/s\n");
  EXPECT_EQ(daemon.heard().back(), order + R"({"upload_rate":2097152})");
  shell.run({"friends", "rate", "pedro", "0"});
  EXPECT_EQ(daemon.heard().back(), order + R"({"upload_rate":0})");
  shell.run({"friends", "rate", "pedro", "usual"});
  EXPECT_EQ(daemon.heard().back(), order + R"({"upload_rate":null})");
  const auto heard = daemon.heard().size();
  for (const std::string bad : {"fast", "9KB/s", "500", "-1", "2000TB/s", ""}) {
    EXPECT_EQ(shell.run({"friends", "rate", "pedro", bad}).code, 2) << bad;
  }
  EXPECT_EQ(shell.run({"friends", "rate", "pedro"}).code, 2);
  EXPECT_EQ(daemon.heard().size(), heard) << "a rate that is none was told";
  EXPECT_EQ(shell.run({"friends", "rate", "nobody", "1MB/s"}).code, 3);
}

TEST(Directory, TellsItsStateAndItsPeers) {
  FakeDaemon daemon;
  daemon.answer("GET", "/v1/directory", R"({"url":"http://d:1","state":"up","last_error":""})");
  daemon.answer("GET", "/v1/directory/peers",
                R"({"items":[{"id":"abc","name":"E","endpoints":["127.0.0.6:1","[::1]:2"]}]})");
  daemon.start();
  Shell shell(daemon);
  EXPECT_EQ(shell.run({"directory"}).out, "http://d:1\tup\t\n");
  EXPECT_EQ(shell.run({"directory"}, Where::kTerminal).out, "directory http://d:1 up\n");
  EXPECT_EQ(shell.run({"directory", "peers"}).out, "E\tabc\t127.0.0.6:1,[::1]:2\n");
}

constexpr const char* kOverlays =
    R"({"usual":"flood","configured":"flood","items":[)"
    R"({"name":"flood","summary":"asks everybody","usual":true,"parameters":[]},)"
    R"({"name":"walk","summary":"sends walkers","usual":false,"parameters":[)"
    R"({"name":"walkers","doc":"How many.","values":"1 .. 64","default":"16"},)"
    R"({"name":"variant","doc":"Which.","values":"simple, nbt","default":"nbt"}]}]})";

TEST(Overlay, ListsTheWaysOfSearchesAndWhatEachLetsOneChoose) {
  FakeDaemon daemon;
  daemon.answer("GET", "/v1/overlays", kOverlays);
  daemon.start();
  Shell shell(daemon);
  EXPECT_EQ(shell.run({"overlay"}).out,
            "flood\ttrue\tasks everybody\t\nwalk\tfalse\tsends walkers\twalkers=16 variant=nbt\n");
  EXPECT_EQ(shell.run({"overlay", "walk"}).out,
            "walkers\t16\t1 .. 64\tHow many.\nvariant\tnbt\tsimple, nbt\tWhich.\n");
  EXPECT_EQ(shell.run({"overlay", "flood"}).out, "");
  const auto missing = shell.run({"overlay", "teleport"});
  EXPECT_EQ(missing.code, 3);
  EXPECT_NE(missing.err.find("there are flood, walk"), std::string::npos) << missing.err;
}

TEST(Overlay, SetsTheUsualOneAndTakesItBack) {
  FakeDaemon daemon;
  daemon.answer("PUT", "/v1/overlays/usual", R"({"usual":"auto"})");
  daemon.answer("DELETE", "/v1/overlays/usual", R"({"usual":"flood"})");
  daemon.start();
  Shell shell(daemon);
  EXPECT_EQ(shell.run({"overlay", "use", "auto"}).out, "searches go by auto\n");
  EXPECT_EQ(daemon.heard().front(), R"(PUT /v1/overlays/usual {"via":"auto"})");
  EXPECT_EQ(shell.run({"overlay", "reset"}).out, "searches go by flood\n");
  EXPECT_EQ(shell.run({"overlay", "use"}).code, 2);
}

TEST(Directory, WithoutOneIsNoError) {
  FakeDaemon daemon;
  daemon.answer("GET", "/v1/directory", R"({"url":"","state":"none","last_error":""})");
  daemon.answer("GET", "/v1/directory/peers", R"({"items":[]})");
  daemon.start();
  Shell shell(daemon);
  EXPECT_EQ(shell.run({"directory"}).code, 0);
  EXPECT_EQ(shell.run({"directory", "peers"}).code, 3);
}

void install(const FakeDaemon& daemon, const std::string& name, const std::string& script) {
  std::filesystem::create_directories(daemon.folder() + "/bin");
  const std::string path = daemon.folder() + "/bin/" + name;
  std::ofstream(path) << "#!/bin/sh\n" << script << "\n";
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
}

TEST(Up, SaysThatItIsUpAlready) {
  FakeDaemon daemon;
  daemon.answer("GET", "/v1/status", kStatusBody).start();
  const auto done = Shell(daemon).run({"up"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.out,
            "shoald 0.1.0 up, pid 0, shoal://x@127.0.0.2:7401, rest "
            "http://127.0.0.1:7480, socket /run/s.sock\n");
  EXPECT_EQ(done.err, "it is up already\n");
  const std::string file = daemon.folder() + "/shoal.yaml";
  std::ofstream(file) << "config_version: 1\n";
  EXPECT_TRUE(has(Shell(daemon).run({"up"}).err, "takes what was changed since"));
  std::filesystem::last_write_time(
      file, std::filesystem::file_time_type::clock::now() - std::chrono::hours(24));
  EXPECT_EQ(Shell(daemon).run({"up"}).err, "it is up already\n");
}

TEST(Up, WithoutTheProgramSaysSo) {
  const FakeDaemon nobody;
  const auto done = Shell(nobody).run({"up"});
  EXPECT_EQ(done.code, 3);
  EXPECT_TRUE(has(done.err, "there is no program shoald")) << done.err;
}

TEST(Up, GivesTheLastWordsAndTheExitCodeOfADaemonThatEnds) {
  const FakeDaemon nobody;
  install(nobody, "shoald", "echo \"args $*\"; echo 'shoal.yaml:3:1: unknown key' >&2; exit 9");
  const auto done = Shell(nobody).run({"up"});
  EXPECT_EQ(done.code, 9);
  EXPECT_TRUE(has(done.err, "it ended with exit code 9; its last words: ")) << done.err;
  EXPECT_TRUE(has(done.err, "; shoal.yaml:3:1: unknown key\n")) << done.err;
  EXPECT_TRUE(has(done.err, "--home " + nobody.folder())) << done.err;
}

TEST(Up, WaitsUntilTheSocketAnswers) {
  FakeDaemon daemon;
  daemon.answer("GET", "/v1/status", kStatusBody);
  install(daemon, "shoald", "echo started > " + daemon.folder() + "/started; exec sleep 5");
  std::thread slow([&] {
    while (!std::filesystem::exists(daemon.folder() + "/started")) std::this_thread::yield();
    daemon.start();
  });
  const auto done = Shell(daemon).run({"up"});
  slow.join();
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_TRUE(has(done.out, "shoald 0.1.0 up")) << done.out;
  EXPECT_FALSE(has(done.err, "already"));
}

TEST(Down, AsksAndWaitsForTheEnd) {
  FakeDaemon daemon;
  daemon.answer("GET", "/v1/status", kStatusBody);
  daemon.answer("POST", "/v1/shutdown", "", 202);
  daemon.start();
  const auto done = Shell(daemon).run({"down", "--timeout", "200ms"});
  EXPECT_EQ(done.code, 5) << done.err;  // this one does not stop
  EXPECT_EQ(daemon.heard().at(1), "POST /v1/shutdown");
  FakeDaemon gone;  // cuts the connection instead of an answer, as one that is quick to stop may
  gone.answer("GET", "/v1/status", kStatusBody);
  gone.refuse("POST", "/v1/shutdown", {Errc::kUnreachable, "gone", "", ""});
  gone.start();
  EXPECT_EQ(Shell(gone).run({"down", "--timeout", "200ms"}).code, 5);  // waited for its end
  const FakeDaemon nobody;
  EXPECT_EQ(Shell(nobody).run({"down"}).code, 6);
}

}  // namespace
}  // namespace shoal::client
