// SPDX-License-Identifier: Apache-2.0
// What --json=FIELDS does with names that nothing has.
#include "tests/cli/client/searches.h"

namespace shoal::client {
namespace {

const std::string kStatus = R"({"schema":"shoal/status/1","name":"ana","friends":{"up":1},)"
                            R"("directory":null})";

TEST(Json, WithAMemberThatIsNotThereIsAUsageError) {
  FakeDaemon daemon;
  daemon.answer("GET", "/v1/status", kStatus).start();
  Shell shell(daemon);
  for (const char* fields :
       {"--json=nope", "--json=name,nope", "--json=friends.nope", "--json=name.nope"}) {
    const auto done = shell.run({"status", fields});
    EXPECT_EQ(done.code, 2) << fields;
    EXPECT_EQ(done.out, "");
    EXPECT_TRUE(has(done.err, R"("code":"invalid_argument")")) << done.err;
    EXPECT_TRUE(has(done.err, "nope")) << done.err;
    EXPECT_TRUE(has(done.err, "these are there: schema, name, friends, directory")) << done.err;
  }
}

TEST(Json, OfWhatWasChangedIsAllShownSoThatNothingIsLost) {
  FakeDaemon daemon;
  daemon.answer("POST", "/v1/tokens", R"({"id":"1","name":"phone","token":"sdt_x"})").start();
  Shell shell(daemon);
  EXPECT_EQ(shell.run({"token", "new", "phone", "--json=token"}).out, "{\"token\":\"sdt_x\"}\n");
  const auto done = shell.run({"token", "new", "phone", "--json=secret"});
  EXPECT_EQ(done.code, 0) << "it was made, and a script must not try again";
  EXPECT_EQ(done.out, "{\"id\":\"1\",\"name\":\"phone\",\"token\":\"sdt_x\"}\n");
  EXPECT_TRUE(has(done.err, "there is no member \"secret\"")) << done.err;
}

TEST(Json, OfSeveralThatWereChangedIsAllShownOfEach) {
  FakeDaemon daemon;
  daemon.answer("POST", "/v1/inbox/{id}/accept", R"({"id":"aaaa","path":"/x"})").start();
  const auto done = Shell(daemon).run({"inbox", "accept", "aaaa", "bbbb", "--json=where"});
  EXPECT_EQ(done.code, 0) << done.err;
  const std::string all = "{\"id\":\"aaaa\",\"path\":\"/x\"}\n";
  EXPECT_EQ(done.out, all + all);
}

TEST(Json, TakesWhatWasNeverDroppedForThere) {
  FakeDaemon daemon;
  daemon.answer("GET", "/v1/status", R"({"name":"ana","drops":{"echo":1}})").start();
  Shell shell(daemon);
  const auto done = shell.run({"status", "--json=drops.echo,drops.late hit"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.out, "{\"drops.echo\":1,\"drops.late hit\":null}\n");
  EXPECT_EQ(shell.run({"status", "--json=drop"}).code, 2);
}

TEST(Json, TakesWhatIsNullAndWhatIsBelowItForThere) {
  FakeDaemon daemon;
  daemon.answer("GET", "/v1/status", kStatus).start();
  const auto done = Shell(daemon).run({"status", "--json=directory,directory.url"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.out,
            "{\"schema\":\"shoal/status/1\",\"directory\":null,\"directory.url\":null}\n");
}

TEST(Json, OfAListWantsAMemberInOneRowAtLeast) {
  FakeDaemon daemon;
  daemon.answer("GET", "/v1/tokens", R"({"items":[{"id":1,"name":"a"},{"id":2,"note":"b"}]})");
  daemon.answer("GET", "/v1/puts", R"({"items":[]})");
  daemon.start();
  Shell shell(daemon);
  EXPECT_EQ(shell.run({"token", "--json=note"}).out,
            "{\"schema\":\"shoal/tokens/1\",\"items\":[{\"note\":null},{\"note\":\"b\"}]}\n");
  const auto none = shell.run({"token", "--json=nope"});
  EXPECT_EQ(none.code, 2);
  EXPECT_EQ(none.out, "");
  EXPECT_TRUE(has(none.err, "these are there: id, name, note")) << none.err;
  // Without rows nobody knows.
  EXPECT_EQ(shell.run({"puts", "--json=nope"}).code, 0);
}

TEST(Json, OfAStreamSaysItAtTheEnd) {
  FakeDaemon daemon;
  with_search(daemon, found()).start();
  Shell shell(daemon);
  EXPECT_EQ(shell.run({"search", "gpl", "--json=name,ended"}).code, 0);
  const auto wrong = shell.run({"search", "gpl", "--json=name,nope"});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_TRUE(has(wrong.out, R"("name":"GPL-3 text.pdf","nope":null)")) << wrong.out;
  EXPECT_TRUE(has(wrong.err, "nope")) << wrong.err;
}

TEST(Json, OfASearchThatFoundNothingKeepsItsExitCode) {
  FakeDaemon daemon;
  with_search(daemon, {report_line({1, 1}, kUsual, 0)}).start();
  EXPECT_EQ(Shell(daemon).run({"search", "x", "--json=name"}).code, 3);
}

}  // namespace
}  // namespace shoal::client
