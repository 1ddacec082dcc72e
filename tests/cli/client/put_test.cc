// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <thread>

#include "tests/cli/client/fake_daemon.h"

namespace shoal::client {
namespace {

std::string line(const std::string& schema, const std::string& state, int done,
                 const std::string& more = "") {
  return R"({"schema":"shoal/)" + schema + R"(","id":"4","to":"abcdefghijkl","to_name":"luis",)" +
         R"("content":")" + kContentA + R"(","size":1048576,"state":")" + state +
         R"(","bytes_done":)" + std::to_string(done) + R"(,"bytes_found":0)" + more + "}";
}

FakeDaemon& with_put(FakeDaemon& daemon, FakeDaemon::Lines lines, bool hold = false) {
  daemon.answer("POST", "/v1/puts", R"({"id":"4","state":"hashing"})", 201);
  daemon.answer("DELETE", "/v1/puts/{id}", "", 204);
  daemon.stream("GET", "/v1/puts/{id}/events", std::move(lines), hold);
  return daemon;
}

TEST(Put, SendsAFileAndPrintsItsContentId) {
  FakeDaemon daemon;
  with_put(daemon, {line("put.progress/1", "sending", 524288),
                    line("put.done/1", "done", 1048576, R"(,"fate":"waiting")")})
      .start();
  const auto done = Shell(daemon).run({"put", "/tmp/a b.txt", "--to", "luis", "--name", "c.txt"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.out, kContentA + "\n");
  EXPECT_TRUE(has(done.err, "# luis has it, verified: 1.0 MiB")) << done.err;
  EXPECT_TRUE(has(done.err, "it waits there to be accepted")) << done.err;
  EXPECT_EQ(daemon.heard().at(0),
            R"(POST /v1/puts {"path":"/tmp/a b.txt","to":"luis","name":"c.txt"})");
}

TEST(Put, SaysWhatElseBecameOfIt) {
  for (const auto& [fate, words] :
       {std::pair<std::string, std::string>{"shared", "it is shared there now"},
        {"here", "# luis shares it already"}}) {
    FakeDaemon daemon;
    with_put(daemon, {line("put.done/1", "done", 1048576, R"(,"fate":")" + fate + "\"")}).start();
    const auto done = Shell(daemon).run({"put", "x", "--to", "luis"});
    EXPECT_EQ(done.code, 0);
    EXPECT_TRUE(has(done.err, words)) << done.err;
  }
}

TEST(Put, TellsEachReasonToWaitOnceAndAFailureInTheDaemonsWords) {
  const std::string down =
      R"(,"error":{"code":"unreachable","what":"cannot put x","why":"nobody listens","next":""})";
  FakeDaemon daemon;
  with_put(daemon,
           {line("put.progress/1", "waiting", 0, down), line("put.progress/1", "connecting", 0),
            line("put.progress/1", "waiting", 0, down),
            line("put.done/1", "failed", 0,
                 R"(,"error":{"code":"denied","what":"cannot put x","why":"only friends may",)"
                 R"("next":"ask its owner"})")})
      .start();
  const auto done = Shell(daemon).run({"put", "x", "--to", "luis"});
  EXPECT_EQ(done.code, 4);
  const auto first = done.err.find("# tries again: cannot put x: nobody listens");
  EXPECT_NE(first, std::string::npos) << done.err;
  EXPECT_EQ(done.err.find("nobody listens", first + 40), std::string::npos) << done.err;
  EXPECT_TRUE(has(done.err, "only friends may")) << done.err;
}

TEST(Put, IsStoppedByCtrlCAndByTimeout) {
  FakeDaemon daemon;
  with_put(daemon, {line("put.progress/1", "sending", 5)}, true).start();
  Shell shell(daemon);
  std::thread user([&] {
    daemon.await_stream();
    shell.stop = true;
  });
  const auto done = shell.run({"put", "x", "--to", "luis"});
  user.join();
  EXPECT_EQ(done.code, 130);
  EXPECT_TRUE(has(done.err, "goes on where it stopped")) << done.err;
  EXPECT_EQ(daemon.heard().back(), "DELETE /v1/puts/4");
  shell.stop = false;
  EXPECT_EQ(shell.run({"put", "x", "--to", "luis", "--timeout", "100ms"}).code, 5);
}

TEST(Put, SaysThatItGoesOnWithoutTheDaemonThatItFollowed) {
  for (const bool cut : {false, true}) {
    FakeDaemon daemon;
    daemon.answer("POST", "/v1/puts", R"({"id":"4","state":"hashing"})", 201);
    if (cut) {
      daemon.refuse("GET", "/v1/puts/{id}/events", {Errc::kUnreachable, "gone", "reset", ""});
    } else {
      daemon.stream("GET", "/v1/puts/{id}/events", {line("put.progress/1", "sending", 5)}, false);
    }
    daemon.start();
    const auto done = Shell(daemon).run({"put", "x", "--to", "luis"});
    EXPECT_EQ(done.code, 6) << done.err;
    EXPECT_TRUE(has(done.err, "it goes on when the daemon is up again")) << done.err;
  }
}

TEST(Put, NeedsAFileAndAFriend) {
  FakeDaemon daemon;
  daemon.start();
  Shell shell(daemon);
  EXPECT_EQ(shell.run({"put", "x"}).code, 2);
  EXPECT_EQ(shell.run({"put", "--to", "luis"}).code, 2);
  EXPECT_EQ(shell.run({"put", "x", "--to", ""}).code, 2);
  EXPECT_TRUE(daemon.heard().empty());
}

TEST(Puts, ListsHowFarTheyAreAndWhatBecameOfThem) {
  FakeDaemon daemon;
  daemon
      .answer("GET", "/v1/puts",
              R"({"schema":"shoal/puts/1","items":[)"
              R"({"id":"1","to":"abcdefghijkl","to_name":"rosa","name":"a\u001b[31m","size":200,)"
              R"("bytes_done":50,"state":"sending","fate":"","error":null},)"
              R"({"id":"2","to":"abcdefghijkl","to_name":"","name":"b","size":10,"bytes_done":10,)"
              R"("state":"done","fate":"waiting","error":null},)"
              R"({"id":"3","to":"abcdefghijkl","to_name":"","name":"c","size":10,"bytes_done":0,)"
              R"("state":"failed","fate":"","error":{"what":"cannot put c","why":"it is gone",)"
              R"("next":"put another"}}]})")
      .start();
  Shell shell(daemon);
  const auto table = shell.run({"puts"}, Where::kTerminal);
  EXPECT_EQ(table.code, 0) << table.err;
  EXPECT_TRUE(has(table.out, "25 %")) << table.out;
  EXPECT_TRUE(has(table.out, "rosa (abcdefgh)")) << table.out;
  EXPECT_TRUE(has(table.out, "waits there to be accepted")) << table.out;
  EXPECT_TRUE(has(table.out, "cannot put c: it is gone: put another")) << table.out;
  EXPECT_FALSE(has(table.out, "\x1b[31m")) << table.out;
  EXPECT_EQ(shell.run({"puts", "-q"}).out, "1\n2\n3\n");
}

TEST(Puts, CancelsEachById) {
  FakeDaemon daemon;
  daemon.refuse("DELETE", "/v1/puts/{id}",
                {Errc::kConflict, "cannot cancel it", "it has ended", ""});
  daemon.start();
  Shell shell(daemon);
  EXPECT_EQ(shell.run({"puts", "cancel", "1"}).code, info(Errc::kConflict).exit_code);
  const auto both = shell.run({"puts", "cancel", "2", "3"});
  EXPECT_EQ(both.code, info(Errc::kConflict).exit_code);
  EXPECT_TRUE(has(both.err, "3: cannot cancel it")) << both.err;
  EXPECT_EQ(daemon.heard().size(), 3U);
  EXPECT_EQ(shell.run({"puts", "cancel"}).code, 2);
  EXPECT_EQ(shell.run({"puts", "pause", "2"}).code, 2);
}

const std::string kInboxList =
    R"({"schema":"shoal/inbox/1","items":[)"
    R"({"id":"3f9c21aa07d4","from":"abcdefghijkl","from_name":"ana","name":"big\u001b[31m.iso",)"
    R"("size":2048,"bytes_done":1024,"state":"coming","since_unix":0},)"
    R"({"id":"77aa","from":"","from_name":"upload","name":"b","size":1,"bytes_done":1,)"
    R"("state":"waiting","since_unix":0}]})";

TEST(Inbox, ListsWhatWaitsWithNamesMadeHarmless) {
  FakeDaemon daemon;
  daemon.answer("GET", "/v1/inbox", kInboxList).start();
  Shell shell(daemon);
  const auto table = shell.run({"inbox"}, Where::kTerminal);
  EXPECT_EQ(table.code, 0);
  EXPECT_TRUE(has(table.out, "coming, 50 %")) << table.out;
  EXPECT_TRUE(has(table.out, "ana (abcdefgh)")) << table.out;
  EXPECT_FALSE(has(table.out, "\x1b[31m")) << table.out;
  EXPECT_EQ(shell.run({"inbox", "-q"}).out, "3f9c21aa07d4\n77aa\n");
}

TEST(Inbox, AcceptsAndRejectsEachById) {
  FakeDaemon daemon;
  daemon.answer("POST", "/v1/inbox/{id}/accept", R"({"id":"3f9c","path":"/home/ana/inbox/b"})");
  daemon.refuse("DELETE", "/v1/inbox/{id}", {Errc::kNotFound, "no such file", "", ""});
  daemon.start();
  Shell shell(daemon);
  const auto accepted = shell.run({"inbox", "accept", "3f9c", "77aa"});
  EXPECT_EQ(accepted.code, 0) << accepted.err;
  EXPECT_EQ(accepted.out, "/home/ana/inbox/b\n/home/ana/inbox/b\n");
  EXPECT_EQ(daemon.heard(),
            (std::vector<std::string>{"POST /v1/inbox/3f9c/accept", "POST /v1/inbox/77aa/accept"}));
  EXPECT_EQ(shell.run({"inbox", "reject", "77aa"}).code, 3);
  EXPECT_EQ(shell.run({"inbox", "reject", "77aa", "77ab"}).code, 3);
  EXPECT_EQ(daemon.heard().size(), 5U);
  EXPECT_EQ(shell.run({"inbox", "accept"}).code, 2);
  EXPECT_EQ(shell.run({"inbox", "eat", "77aa"}).code, 2);
}

}  // namespace
}  // namespace shoal::client
