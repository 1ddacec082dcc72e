// SPDX-License-Identifier: Apache-2.0
// The account of a search, in words.
#include <boost/json.hpp>

#include "tests/cli/client/searches.h"

namespace shoal::client {
namespace {

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

}  // namespace
}  // namespace shoal::client
