// SPDX-License-Identifier: Apache-2.0
#include <thread>

#include "proto/json/reader.h"
#include "tests/cli/client/fake_daemon.h"

namespace shoal::client {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

const std::vector<HopWords> kUsual{{"B", "primary", "answered"}, {"C", "secondary", "standby"}};

FakeDaemon& with_search(FakeDaemon& daemon, FakeDaemon::Lines lines, bool hold = false) {
  daemon.answer("POST", "/v1/searches", R"({"id":"s1"})", 201);
  daemon.stream("GET", "/v1/searches/{id}/events", std::move(lines), hold);
  return daemon;
}

FakeDaemon::Lines found() {
  return {hit_line(kContentA, "GPL-3 text.pdf", 5, "E", 4, 12),
          hit_line(kContentB, "gpl notes", 4, "D", 3, 14),
          hit_line(kContentA, "GPL-3 again.pdf", 4, "D", 3, 15),
          report_line({1, 1, 1, 1}, kUsual, 3)};
}

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

TEST(Search, TellsEachWayThatItTookAndWhyItStopped) {
  FakeDaemon daemon;
  auto report = boost::json::parse(report_line({1, 1}, kUsual, 1)).as_object();
  auto first = report;
  auto second = report;
  auto third = report;
  first["why"] = "friends and theirs first";
  first["error"] = "";
  second["why"] = "";
  second["error"] = "too many \x1b[2J searches";
  third["via"] = "walk";
  report["via"] = "auto";
  report["counts"] = nullptr;
  report["legs"] = boost::json::array{first, second, third};
  report["stopped"] = "enough was found";
  with_search(daemon, {hit_line(kContentA, "GPL-3", 2, "E", 4, 12), boost::json::serialize(report)})
      .start();
  const auto done = Shell(daemon).run({"search", "gpl", "--via", "auto"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.err,
            "# search 00112233, auto: 1 hit in 41 ms by 3 legs, ended because enough was found; "
            "first hit after 12 ms\n"
            "# 1. flood ttl=5, friends and theirs first: 1 hit in 41 ms, ended because every copy "
            "was answered or given up\n"
            "#    asked 2 peers (hop 1: 1, hop 2: 1); the counts are complete\n"
            "#    sent 3 copies, 1 duplicate (33 %), 0 refused\n"
            "#    cut by ttl: 0 peers with no hop left; by budget: 0 copies; by dead links: 0 not "
            "sent, 0 not answered\n"
            "# 2. flood: not started: too many \xEF\xBF\xBD[2J searches\n"
            "# 3. walk ttl=5: 1 hit in 41 ms, ended because every copy was answered or given up\n"
            "#    asked 2 peers (hop 1: 1, hop 2: 1); the counts are complete\n"
            "#    sent 3 copies, 1 duplicate (33 %), 0 refused\n"
            "#    cut by ttl: 0 peers with no hop left; by budget: 0 copies; by dead links: 0 not "
            "sent, 0 not answered\n"
            "# first friends: B (primary) answered; C (secondary) standby, not asked\n");
}

// A report of a search by the directory alone, and of what it answered.
boost::json::object by_directory(const boost::json::value& route, const std::string& error) {
  auto report = boost::json::parse(report_line({}, {}, 1)).as_object();
  report["counts"] = nullptr;
  report["via"] = "directory";
  auto leg = report;
  leg["why"] = "";
  leg["error"] = error;
  leg["route"] = route;
  report["legs"] = boost::json::array{leg};
  report["stopped"] = "";
  return report;
}

TEST(Search, TellsWhatTheDirectoryAnswered) {
  const boost::json::object route{{"asked", "http://192.0.2.1:7400"},
                                  {"files", 3},
                                  {"holders", 2},
                                  {"refused", 1},
                                  {"more", true}};
  FakeDaemon daemon;
  with_search(daemon, {hit_line(kContentA, "GPL-3", 0, "E", 4, 12),
                       boost::json::serialize(by_directory(route, ""))})
      .start();
  const auto done = Shell(daemon).run({"search", "gpl", "--via", "directory"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_TRUE(has(done.err,
                  "# 1. directory: 3 files at 2 peers in 41 ms, from http://192.0.2.1:7400; it "
                  "knows more than was asked for\n"
                  "#    left out: 1 answer that no owner signed, or that was not asked for\n"))
      << done.err;
  EXPECT_FALSE(has(done.err, "first friends"));
}

TEST(Search, WithoutAnAnswerOfTheDirectorySaysWhyAndExitsWith6) {
  FakeDaemon daemon;
  with_search(daemon,
              {boost::json::serialize(by_directory(nullptr, "no answer: nobody listens there"))})
      .start();
  const auto done = Shell(daemon).run({"search", "gpl", "--via", "directory"});
  EXPECT_EQ(done.code, 6) << done.err;
  EXPECT_TRUE(has(done.err, "# 1. directory: no answer: no answer: nobody listens there\n"));
  EXPECT_TRUE(has(done.err, "directory could not be asked")) << done.err;
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

TEST(Search, PrintsEachContentOnceWithQuiet) {
  FakeDaemon daemon;
  with_search(daemon, found()).start();
  const auto done = Shell(daemon).run({"search", "gpl", "-q"});
  EXPECT_EQ(done.out, kContentA + "\n" + kContentB + "\n");
  EXPECT_EQ(done.err, "");
}

TEST(Search, SaysThatTheSecondaryStoodIn) {
  FakeDaemon daemon;
  const std::vector<HopWords> failed_over{{"C", "secondary", "answered"}, {"B", "primary", "down"}};
  with_search(daemon, {hit_line(kContentA, "x", 5, "E", 3), report_line({1, 1, 1}, failed_over, 1)})
      .start();
  const auto done = Shell(daemon).run({"search", "x"});
  EXPECT_TRUE(has(done.err,
                  "# first friends: B (primary) down, not asked; C (secondary) answered\n"
                  "# fail-over: the primary B is not there, the secondary C is active in "
                  "its place\n"))
      << done.err;
}

TEST(Search, SpeaksOfNoFailOverWhenThePrimaryWasAskedToo) {
  FakeDaemon daemon;
  const std::vector<HopWords> both{{"B", "primary", "answered"}, {"C", "secondary", "answered"}};
  with_search(daemon, {hit_line(kContentA, "x", 5, "E", 3), report_line({2}, both, 1)}).start();
  const auto done = Shell(daemon).run({"search", "x"});
  EXPECT_TRUE(has(done.err, "B (primary) answered; C (secondary) answered\n")) << done.err;
  EXPECT_FALSE(has(done.err, "fail-over")) << done.err;
}

TEST(Search, CallsIncompleteCountsLowerBounds) {
  FakeDaemon daemon;
  with_search(daemon, {hit_line(kContentA, "x", 5, "E", 3),
                       report_line({2, 3}, kUsual, 1, false, "deadline")})
      .start();
  const auto done = Shell(daemon).run({"search", "x"});
  EXPECT_TRUE(has(done.err, "ended because its time was over")) << done.err;
  EXPECT_TRUE(has(done.err, "by dead links: 0 not sent; when it ended: 0 not answered\n"));
  EXPECT_TRUE(has(done.err,
                  "# asked at least 5 peers (within 1 hop: 2, within 2 hops: 5); the "
                  "counts are lower bounds\n"))
      << done.err;
}

TEST(Search, ExitsWith3AndAHintWhenNothingIsFound) {
  FakeDaemon daemon;
  with_search(daemon, {report_line({1, 1}, kUsual, 0)}).start();
  Shell shell(daemon);
  const auto done = shell.run({"search", "no", "such"});
  EXPECT_EQ(done.code, 3);
  EXPECT_EQ(done.out, "");
  EXPECT_TRUE(has(done.err, "nothing found; try fewer words")) << done.err;
  const auto told = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "search");
    return shell.run(words).err;
  };
  EXPECT_TRUE(has(told({"no such"}), "try fewer words"));
  EXPECT_TRUE(has(told({"nosuch"}), "try another word"));
  EXPECT_TRUE(has(told({"x", "--min-size", "1MiB"}), "try without --min-size and --max-size"));
  EXPECT_TRUE(has(told({kContentA}), "no peer that was asked has that content"));
}

TEST(Search, RefusesWhatCanFindNothing) {
  const FakeDaemon nobody;
  Shell shell(nobody);
  const auto told = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "search");
    const auto done = shell.run(words);
    EXPECT_EQ(done.code, 2) << words.back();
    return done.err;
  };
  EXPECT_TRUE(has(told({""}), "there is no word"));
  EXPECT_TRUE(has(told({" "}), "there is no word"));
  EXPECT_TRUE(has(told({"!!!"}), "there is no word"));
  EXPECT_TRUE(has(told({std::string(64, 'a')}), "the file's length goes with it: HASH-LENGTH"));
  EXPECT_TRUE(has(told({"x", "--budget", "1h"}), "a search takes at most 30.5 s"));
  EXPECT_TRUE(has(told({"x", "--min-size", "10", "--max-size", "5"}), "--min-size is above"));
}

TEST(Search, WithoutHitsAndIncompleteHintsAtTimeAndHops) {
  FakeDaemon slow;
  with_search(slow, {report_line({1, 1}, kUsual, 0, false, "deadline")}).start();
  EXPECT_TRUE(has(Shell(slow).run({"search", "x"}).err, "nothing found; not all answered in time"));
  FakeDaemon near;
  auto cut = report_line({1, 1, 1, 1, 3}, kUsual, 0);
  cut.replace(cut.find("\"cut_by_ttl\":0"), 14, "\"cut_by_ttl\":3");
  with_search(near, {cut}).start();
  const auto done = Shell(near).run({"search", "x"});
  EXPECT_TRUE(has(done.err, "the search ended 5 hops away; try --ttl 7")) << done.err;
  EXPECT_TRUE(has(done.err, "cut by ttl: 3 peers")) << done.err;
}

TEST(Search, RefusedByAllFriendsSaysThatItAskedTooMuch) {
  auto refused = report_line({}, {{"B", "primary", "refused"}}, 0);
  refused.replace(refused.find("\"refused\":0"), 11, "\"refused\":1");
  FakeDaemon daemon;
  with_search(daemon, {refused}).start();
  const auto done = Shell(daemon).run({"search", "x"});
  EXPECT_EQ(done.code, 3);
  EXPECT_TRUE(has(done.err, "your friends refused it, since too many searches came")) << done.err;
}

TEST(Search, WithoutFriendsSaysSo) {
  FakeDaemon daemon;
  with_search(daemon, {report_line({}, {}, 0, true, "nobody")}).start();
  const auto done = Shell(daemon).run({"search", "x"});
  EXPECT_EQ(done.code, 6);
  EXPECT_EQ(done.err,
            "# query 00112233, flood ttl=5: 0 hits in 41 ms, ended because nobody could be asked\n"
            "# first friends: none, so nobody was asked\n"
            "shoal: nobody could be asked\n"
            "  why:  you have no friends yet\n"
            "  next: shoal friends add URL\n");
}

TEST(Search, ThatCouldAskNobodySaysWhoIsDownSinceWhenAndWhy) {
  FakeDaemon daemon;
  const std::vector<HopWords> gone{
      {"C", "secondary", "down", -1, ""},
      {"B", "primary", "down", 12'000, "unreachable: nobody listens\x1b there"},
      {"D", "accepted", "standby"}};
  with_search(daemon, {report_line({}, gone, 0, true, "nobody")}).start();
  const auto done = Shell(daemon).run({"search", "x"});
  EXPECT_EQ(done.code, 6);
  EXPECT_EQ(done.err,
            "# query 00112233, flood ttl=5: 0 hits in 41 ms, ended because nobody could be asked\n"
            "# first friends: B (primary) down, not asked; C (secondary) down, not asked; D "
            "(accepted) standby, not asked\n"
            "shoal: nobody could be asked\n"
            "  why:  B has been down for 12.0 s: unreachable: nobody listens\xef\xbf\xbd there; C "
            "is down; D is on standby\n"
            "  next: shoal friends tells when each is dialled again; shoal friends add URL adds "
            "one\n");
  FakeDaemon same;
  with_search(same, {report_line({}, gone, 0, true, "nobody")}).start();
  const auto json = Shell(same).run({"search", "x", "--json"});
  EXPECT_EQ(json.code, 6);
  EXPECT_TRUE(has(json.out, R"("ended":"nobody")")) << json.out;
  EXPECT_TRUE(has(json.err, R"("code":"not_connected")")) << json.err;
}

// Links were up, and yet no copy left: whatever the reason says, nobody was asked.
TEST(Search, ThatCouldSendNoCopySaysWhatToTry) {
  const auto told = [](const std::string& state) {
    FakeDaemon daemon;
    with_search(daemon, {report_line({}, {{"B", "friend", state}}, 0)}).start();
    const auto done = Shell(daemon).run({"search", "x"});
    EXPECT_EQ(done.code, 6) << state;
    EXPECT_FALSE(has(done.err, "answered")) << done.err;
    return done.err;
  };
  EXPECT_TRUE(has(told("no_time"), "next: search again with more --budget"));
  EXPECT_TRUE(has(told("given_back"), "why:  B takes nothing at the moment\n"));
  EXPECT_TRUE(has(told("standby"), "next: shoal friends add URL lists a friend that is asked\n"));
}

TEST(Search, StoppedByCtrlCIsCancelledKeepsItsHitsAndExitsWith0) {
  FakeDaemon daemon;
  with_search(daemon, {hit_line(kContentA, "x", 5, "E", 4)}, true);
  daemon.answer("DELETE", "/v1/searches/{id}", "", 204);
  daemon.answer("GET", "/v1/searches/{id}",
                R"({"id":"s1","hits":[],"report":)" +
                    report_line({1, 1}, kUsual, 1, false, "cancelled") + "}");
  daemon.start();
  Shell shell(daemon);
  std::thread user([&] {
    daemon.await_stream();
    shell.stop = true;
  });
  const auto done = shell.run({"search", "x"});
  user.join();
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_TRUE(has(daemon.heard().at(2), "DELETE /v1/searches/s1"));
  EXPECT_TRUE(has(done.err, "ended because it was cancelled")) << done.err;
}

TEST(Search, OverItsTimeIsCancelledAndExitsWith5) {
  FakeDaemon daemon;
  with_search(daemon, {hit_line(kContentA, "x", 5, "E", 4)}, true);
  daemon.answer("DELETE", "/v1/searches/{id}", "", 204);
  daemon.answer("GET", "/v1/searches/{id}", R"({"id":"s1","hits":[]})");
  daemon.start();
  const auto done = Shell(daemon).run({"search", "x", "--timeout", "300ms"});
  EXPECT_EQ(done.code, 5) << done.err;
  EXPECT_TRUE(has(done.out, kContentA));
  EXPECT_TRUE(has(done.err, "did not finish in time")) << done.err;
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

TEST(Search, BrokenOffIsAnError) {
  FakeDaemon daemon;
  with_search(daemon, {hit_line(kContentA, "x", 5, "E", 4)}).start();
  const auto done = Shell(daemon).run({"search", "x"});
  EXPECT_EQ(done.code, 7);
  EXPECT_TRUE(has(done.out, kContentA));
}

}  // namespace
}  // namespace shoal::client
