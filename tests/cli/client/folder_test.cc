// SPDX-License-Identifier: Apache-2.0
// Links, and folders that are fetched as one thing.
#include <gtest/gtest.h>

#include "tests/cli/client/fake_daemon.h"

namespace shoal::client {
namespace {

const std::string kLink = "shoal:?id=" + std::string(64, 'a') + "&length=1048576&name=Album%2F";
const std::string kDone =
    R"({"schema":"shoal/transfer.done/1","id":"f3","state":"done","size":3072,"bytes_done":3072,)"
    R"("listed":true,"files_selected":3,"files_done":3,"names_changed":1,"path":"/dl/Album",)"
    R"("error":null})";

FakeDaemon& with_folder(FakeDaemon& daemon, FakeDaemon::Lines lines) {
  daemon.answer("POST", "/v1/folders", R"({"id":"f3","state":"preparing"})", 201);
  daemon.stream("GET", "/v1/folders/{id}/events", std::move(lines));
  daemon.answer("GET", "/v1/folders/{id}/files",
                R"({"items":[{"path":"a/b.txt","kind":"file","size":12,"content":")" + kContentB +
                    R"(","selected":true},{"path":"no.txt","kind":"file","size":1,"content":"x",)"
                    R"("selected":false},{"path":"void/","kind":"folder","size":0,)"
                    R"("content":null,"selected":true}],"next_cursor":""})");
  return daemon;
}

TEST(GetFolder, ALinkOrRowWhoseNameEndsInASlashIsAFolder) {
  FakeDaemon daemon;
  with_folder(daemon, {kDone}).start();
  const auto done = Shell(daemon).run({"get", kLink, "--only", "docs/*.pdf", "--only", "*.md"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.out, "/dl/Album\n");
  EXPECT_TRUE(has(done.err, "# verified 3 files, 3.0 KiB")) << done.err;
  EXPECT_TRUE(has(done.err, "# 1 path is not called as at its owner")) << done.err;
  EXPECT_EQ(daemon.heard().at(0), "POST /v1/folders {\"content\":\"" + kContentA +
                                      R"(","name":"Album/","only":["docs/*.pdf","*.md"]})");
}

TEST(GetFolder, ListsWithoutFetching) {
  FakeDaemon daemon;
  with_folder(daemon, {kDone}).start();
  const auto done = Shell(daemon).run({"get", kContentA, "--list"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.out, "12\ta/b.txt\t" + kContentB + "\n\tvoid/\t\n");
  EXPECT_EQ(daemon.heard().at(0),
            "POST /v1/folders {\"content\":\"" + kContentA + R"(","list_only":true})");
}

TEST(GetFolder, AnAloneStandingIdNeedsToBeCalledAFolder) {
  FakeDaemon daemon;
  with_folder(daemon, {kDone}).start();
  EXPECT_EQ(Shell(daemon).run({"get", kContentA, "--folder"}).code, 0);
  EXPECT_EQ(daemon.heard().at(0), "POST /v1/folders {\"content\":\"" + kContentA + "\"}");
}

TEST(GetFolder, TellsAFailureInTheDaemonsWords) {
  FakeDaemon daemon;
  with_folder(daemon,
              {R"({"schema":"shoal/transfer.done/1","id":"f3","state":"failed",)"
               R"("listed":false,"error":{"code":"integrity","what":"no list","why":"x"}})"})
      .start();
  const auto done = Shell(daemon).run({"get", kContentA, "--list"});
  EXPECT_EQ(done.code, 7);
  EXPECT_TRUE(has(done.err, "shoal: no list\n  why:  x\n")) << done.err;
}

TEST(Transfers, ListsFoldersBesideFilesAndCancelsThem) {
  FakeDaemon daemon;
  daemon.answer("GET", "/v1/transfers",
                R"({"items":[{"id":"1","name":"a","size":1,"bytes_done":1}]})");
  daemon.answer("GET", "/v1/folders",
                R"({"items":[{"id":"f2","kind":"folder","name":"Album/","size":0,"listed":false},)"
                R"({"id":"f3","name":"Album/","size":1,"list_only":true,"state":"done"}]})");
  daemon.answer("DELETE", "/v1/folders/{id}", "", 204);
  daemon.start();
  Shell shell(daemon);
  EXPECT_EQ(shell.run({"transfers", "-q"}).out, "1\nf2\n");
  const auto shown = shell.run({"transfers"}, Where::kTerminal).out;
  EXPECT_TRUE(has(shown, " 0 %")) << "nobody knows yet how much it is: " << shown;
  EXPECT_EQ(shell.run({"transfers", "cancel", "f2"}).code, 0);
  EXPECT_EQ(daemon.heard().back(), "DELETE /v1/folders/f2");
}

TEST(Transfers, ShowHowManyFilesOfAFolderAreHere) {
  FakeDaemon daemon;
  daemon.answer("POST", "/v1/folders/{id}/pause", "{}");
  daemon.answer("GET", "/v1/folders/{id}",
                R"({"id":"f2","kind":"folder","name":"x/","state":"fetching","size":100,)"
                R"("bytes_done":50,"folder":"/dl","path":"","files_total":9,"files_selected":4,)"
                R"("files_done":2,"files_waiting":1})");
  daemon.start();
  Shell shell(daemon);
  EXPECT_EQ(shell.run({"transfers", "pause", "f2"}).code, 0);
  EXPECT_EQ(daemon.heard().back(), "POST /v1/folders/f2/pause");
  const auto one = shell.run({"transfers", "f2"}, Where::kTerminal).out;
  EXPECT_TRUE(has(one, "files     2 of 4, selected among 9\n")) << one;
  EXPECT_TRUE(has(one, "waiting   1 that nobody who is up has\n")) << one;
  EXPECT_FALSE(has(one, "source")) << one;
}

TEST(Link, OfWhatIsHereAsksByItsPath) {
  FakeDaemon daemon;
  daemon.answer("GET", "/v1/links",
                R"({"link":"shoal:?id=x","content":"c-1","sources":["shoal://k@h:1"]})");
  daemon.start();
  Shell shell(daemon);
  const auto done = shell.run({"link", daemon.folder()});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.out, "shoal:?id=x\n");
  EXPECT_EQ(done.err, "");
  EXPECT_EQ(daemon.heard().at(0), "GET /v1/links path=" + daemon.folder());
  EXPECT_EQ(shell.run({"link", kContentA, "-q"}).out, "c-1\n");
  EXPECT_EQ(daemon.heard().at(1), "GET /v1/links content=" + kContentA);
}

TEST(Link, SaysThatNobodyIsKnownWhoHasIt) {
  FakeDaemon daemon;
  daemon.answer("GET", "/v1/links", R"({"link":"shoal:?id=x","content":"c-1","sources":[]})");
  daemon.start();
  const auto done = Shell(daemon).run({"link", kContentA});
  EXPECT_EQ(done.out, "shoal:?id=x\n");
  EXPECT_TRUE(has(done.err, "# no source is known")) << done.err;
}

TEST(Link, SaysWhatIsNothing) {
  FakeDaemon daemon;
  daemon.start();
  Shell shell(daemon);
  const auto done = shell.run({"link", "/no/such/file"});
  EXPECT_EQ(done.code, 2);
  EXPECT_TRUE(has(done.err, "it is no file or folder here")) << done.err;
  EXPECT_EQ(shell.run({"link", "1"}).code, 3);
}

}  // namespace
}  // namespace shoal::client
