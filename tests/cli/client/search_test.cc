// SPDX-License-Identifier: Apache-2.0
// What a search asks for, and its rows.
#include <sstream>

#include "proto/json/reader.h"
#include "tests/cli/client/searches.h"

namespace shoal::client {
namespace {

TEST(Search, PrintsTsvInAPipeAndTheReportBeside) {
  FakeDaemon daemon;
  with_search(daemon, found()).start();
  const auto done = Shell(daemon).run({"search", "gpl", "text", "--header"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.out,
            "#\t+ms\tNAME\tSIZE\tHOP\tFROM\tCONTENT\n"
            "1\t12\tGPL-3 text.pdf\t1048576\t4\tE\t" +
                kContentA +
                "\n"
                "2\t14\tgpl notes\t200\t3\tD\t" +
                kContentB + "\n");
  EXPECT_EQ(done.err,
            "# row 1 has 2 holders: D, E\n"
            "# query 00112233, flood ttl=5: 3 hits in 41 ms, ended because every copy was answered "
            "or given up; first hit after 12 ms\n"
            "# asked 4 peers (hop 1: 1, hop 2: 1, hop 3: 1, hop 4: 1); the counts are complete\n"
            "# sent 5 copies, 1 duplicate (20 %), 0 refused\n"
            "# cut by ttl: 0 peers with no hop left; by budget: 0 copies; by dead links: 0 not "
            "sent, 0 not answered\n"
            "# first friends: B (primary) answered; C (secondary) standby, not asked\n");
}

TEST(Search, GivesARowForEachHolderWhenAsked) {
  FakeDaemon daemon;
  with_search(daemon, found()).start();
  const auto done = Shell(daemon).run({"search", "gpl", "--holders"});
  EXPECT_TRUE(has(done.out, "1\t12\tGPL-3 text.pdf\t1048576\t4\tE\t" + kContentA + "\n"));
  EXPECT_TRUE(has(done.out, "1\t15\tGPL-3 again.pdf\t1048576\t3\tD\t" + kContentA + "\n"));
  EXPECT_FALSE(has(done.err, "holders"));
}

TEST(Search, AlignsRowsOnATerminal) {
  FakeDaemon daemon;
  with_search(daemon, found()).start();
  const auto done = Shell(daemon).run({"search", "gpl"}, Where::kTerminal);
  EXPECT_EQ(done.code, 0);
  const auto header = done.out.substr(0, done.out.find('\n'));
  EXPECT_TRUE(has(header, " #    +ms  NAME")) << header;
  EXPECT_TRUE(
      has(done.out, " 1     12  GPL-3 text.pdf                               1.0 MiB    4  E\n"))
      << done.out;
}

TEST(Search, AsksWhatWasSaid) {
  FakeDaemon daemon;
  with_search(daemon, found()).start();
  const auto done =
      Shell(daemon).run({"search", "gpl", "text", "--ttl", "7", "--via=flood", "--rule", "classic",
                         "--budget", "2s", "--enough", "3", "--min-size", "1KiB"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(daemon.heard().front(),
            R"(POST /v1/searches {"terms":"gpl text","via":"flood","rule":"classic","ttl":7,)"
            R"("enough":3,"budget_ms":2000,"length_min":1024})");
}

TEST(Search, HandsOnWhatAnOverlayLetsOneChoose) {
  FakeDaemon daemon;
  with_search(daemon, found()).start();
  Shell shell(daemon);
  EXPECT_EQ(
      shell.run({"search", "gpl", "--via", "walk", "--set", "walkers=8", "--set", "variant=nbt"})
          .code,
      0);
  EXPECT_EQ(daemon.heard().front(), R"(POST /v1/searches {"terms":"gpl","via":"walk",)"
                                    R"("parameters":{"walkers":"8","variant":"nbt"}})");
  for (const char* const wrong : {"walkers", "=8", "walkers="}) {
    EXPECT_EQ(shell.run({"search", "gpl", "--set", wrong}).code, 2) << wrong;
  }
}

TEST(Search, AsksForAContentById) {
  FakeDaemon daemon;
  with_search(daemon, found()).start();
  EXPECT_EQ(Shell(daemon).run({"search", kContentA}).code, 0);
  EXPECT_EQ(daemon.heard().front(), "POST /v1/searches {\"content\":\"" + kContentA + "\"}");
}

TEST(Search, StreamsJsonLinesAndTheFieldsAskedFor) {
  FakeDaemon daemon;
  with_search(daemon, found()).start();
  const auto all = Shell(daemon).run({"search", "gpl", "--json"});
  EXPECT_EQ(all.code, 0);
  std::istringstream lines(all.out);
  std::vector<std::string> schemas;
  for (std::string line; std::getline(lines, line);) {
    const auto value = json::parse(line);
    ASSERT_TRUE(value) << line;
    schemas.emplace_back(value->at("schema").as_string());
  }
  EXPECT_EQ(schemas, (std::vector<std::string>{"shoal/search.hit/1", "shoal/search.hit/1",
                                               "shoal/search.hit/1", "shoal/search.report/1"}));
  EXPECT_EQ(all.err, "");
  const auto some = Shell(daemon).run({"search", "gpl", "--json=name,holder.name,row"});
  EXPECT_TRUE(has(some.out, R"({"schema":"shoal/search.hit/1","name":"GPL-3 text.pdf",)"
                            R"("holder.name":"E","row":1})"))
      << some.out;
}

TEST(Search, ShowsTheLastOneAgainWithTheNumbersThatRowsHad) {
  FakeDaemon daemon;
  with_search(daemon, found()).start();
  Shell shell(daemon);
  EXPECT_EQ(shell.run({"search", "--again"}).code, 3) << "there is none yet";
  const auto first = shell.run({"search", "gpl"});
  const auto again = shell.run({"search", "--again"});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(again.out, first.out);
  EXPECT_EQ(daemon.heard().back(), "GET /v1/searches/s1/events");
  EXPECT_EQ(shell.run({"search", "--again", "gpl"}).code, 2);
  EXPECT_EQ(shell.run({"search", "--again", "--ttl", "3"}).code, 2);
  EXPECT_EQ(shell.run({"search"}).code, 2);
}

TEST(Search, ThatIsShownAgainWithoutHitsGivesNoHintForAnother) {
  FakeDaemon daemon;
  with_search(daemon, {report_line({1, 1}, kUsual, 0)}).start();
  Shell shell(daemon);
  EXPECT_TRUE(has(shell.run({"search", "x"}).err, "try another word"));
  const auto again = shell.run({"search", "--again"});
  EXPECT_EQ(again.code, 3);
  EXPECT_TRUE(has(again.err, "nothing found\n")) << again.err;
}

TEST(Search, PrintsEachContentOnceWithQuiet) {
  FakeDaemon daemon;
  with_search(daemon, found()).start();
  const auto done = Shell(daemon).run({"search", "gpl", "-q"});
  EXPECT_EQ(done.out, kContentA + "\n" + kContentB + "\n");
  EXPECT_EQ(done.err, "");
}

TEST(Search, ShowsHarmfulNamesHarmless) {
  FakeDaemon daemon;
  const std::string evil = "a\x1b[31m\tb\xe2\x80\xaegnp.exe";
  with_search(daemon, {hit_line(kContentA, evil, 5, "E\nroot", 4), report_line({1}, kUsual, 1)})
      .start();
  for (const auto where : {Where::kPipe, Where::kTerminal}) {
    const auto done = Shell(daemon).run({"search", "x"}, where);
    EXPECT_FALSE(has(done.out, "\x1b[31m")) << done.out;
    EXPECT_FALSE(has(done.out, "\xe2\x80\xae")) << done.out;
    EXPECT_TRUE(has(done.out,
                    "a\xef\xbf\xbd[31m\xef\xbf\xbd"
                    "b\xef\xbf\xbdgnp.exe"))
        << done.out;
    EXPECT_FALSE(has(done.out, "E\nroot"));
  }
  const auto as_data = Shell(daemon).run({"search", "x", "--json=name"});
  EXPECT_FALSE(has(as_data.out, "\xe2\x80\xae"));
  const auto value = json::parse(as_data.out.substr(0, as_data.out.find('\n')));
  ASSERT_TRUE(value) << as_data.out;
  EXPECT_EQ(std::string(value->at("name").as_string()), evil);
}

TEST(Search, GivesLinksToHandOn) {
  FakeDaemon daemon;
  with_search(daemon, found()).start();
  const auto done = Shell(daemon).run({"search", "gpl", "--links"});
  EXPECT_TRUE(has(done.out, "&length=1048576&name=GPL-3%20text.pdf\n")) << done.out;
}

}  // namespace
}  // namespace shoal::client
