// SPDX-License-Identifier: Apache-2.0
// How a search ends: exit codes, and what to try next.
#include <boost/json.hpp>
#include <thread>

#include "tests/cli/client/searches.h"

namespace shoal::client {
namespace {

// The first line of a search that could ask nobody.
const std::string kNobody =
    "# query 00112233, flood ttl=5: 0 hits in 41 ms, ended because nobody could be asked\n";

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

TEST(Search, ThatWaitedForAnswersWhichNothingAnnouncesSaysSo) {
  auto report =
      boost::json::parse(report_line({}, {{"B", "primary", "open"}}, 0, false, "deadline"))
          .as_object();
  report["counts"] = nullptr;
  FakeDaemon daemon;
  with_search(daemon, {boost::json::serialize(report)}).start();
  const auto done = Shell(daemon).run({"search", "x", "--via", "gossip"});
  EXPECT_EQ(done.code, 3);
  EXPECT_TRUE(has(done.err,
                  "its time was over: nothing tells when all who heard it have answered\n"
                  "# counts are unknown"))
      << done.err;
  EXPECT_TRUE(has(done.err, "by --via flood, which knows")) << done.err;
  EXPECT_TRUE(has(done.err, "B (primary) asked\n")) << "no answer is due: " << done.err;
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
  EXPECT_EQ(done.err, kNobody +
                          "# first friends: none, so nobody was asked\n"
                          "shoal: nobody could be asked\n"
                          "  why:  you have no friends yet\n"
                          "  next: shoal friends add URL\n");
}

TEST(Search, ByNoFriendsSaysWhomItAskedAllTheSame) {
  FakeDaemon daemon;
  with_search(daemon, {hit_line(kContentA, "river song.txt", 5, "E", 1, 12),
                       report_line({14}, {}, 1, false)})
      .start();
  const auto done = Shell(daemon).run({"search", "x"});
  EXPECT_EQ(done.code, 0);
  EXPECT_TRUE(has(done.err, "ended because every copy was answered or given up")) << done.err;
  EXPECT_TRUE(
      has(done.err, "asked at least 14 peers (within 1 hop: 14); the counts are lower bounds"))
      << done.err;
  EXPECT_TRUE(has(done.err, "first friends: none; peers were asked that are no friends"))
      << done.err;
}

TEST(Search, ByNoFriendsThatFindsNothingSaysWhatThoseKnow) {
  FakeDaemon daemon;
  with_search(daemon, {report_line({14}, {}, 0, false)}).start();
  const auto done = Shell(daemon).run({"search", "x"});
  EXPECT_EQ(done.code, 3);
  EXPECT_TRUE(has(done.err, "nothing found; the peers near its words know of no such file"))
      << done.err;
  FakeDaemon other;
  with_search(other, {report_line({14}, {}, 0, false)}).start();
  const auto by_id = Shell(other).run({"search", kContentA});
  EXPECT_TRUE(has(by_id.err, "nothing found; the peers near its id know of nobody who has it"))
      << by_id.err;
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
  EXPECT_EQ(
      done.err,
      kNobody +
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

TEST(Search, BrokenOffIsAnError) {
  FakeDaemon daemon;
  with_search(daemon, {hit_line(kContentA, "x", 5, "E", 4)}).start();
  const auto done = Shell(daemon).run({"search", "x"});
  EXPECT_EQ(done.code, 7);
  EXPECT_TRUE(has(done.out, kContentA));
}

}  // namespace
}  // namespace shoal::client
