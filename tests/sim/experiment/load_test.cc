// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "sim/experiment/experiment.h"
#include "sim/experiment/setting.h"

namespace shoal::sim {
namespace {

std::string why(std::string_view text, const std::vector<Override>& overrides = {}) {
  const auto parsed = parse_experiment(text, "x.yaml", overrides);
  if (parsed) return "";
  EXPECT_EQ(parsed.error().code, Errc::kInvalidArgument);
  return parsed.error().why + " | " + parsed.error().next;
}

TEST(Experiment, IsBuiltInWithoutAFile) {
  const auto parsed = parse_experiment("", "x.yaml");
  ASSERT_TRUE(parsed) << parsed.error().why;
  EXPECT_EQ(*parsed, Experiment());
}

TEST(Experiment, ReadsItsSections) {
  const auto parsed = parse_experiment(
      "topology: {family: torus, peers: 1e4, width: 50}\n"
      "overlay: {ttl: 7, duplicates: classic, echo: off}\n"
      "network: {delay: exponential, mean: 1.5s, floor: 500us}\n"
      "workload: {source: 12, rate: 0.25}\n",
      "x.yaml");
  ASSERT_TRUE(parsed) << parsed.error().why;
  EXPECT_EQ(parsed->topology.family, "torus");
  EXPECT_EQ(parsed->topology.parameters.peers, 10'000U);
  EXPECT_EQ(parsed->topology.parameters.width, 50U);
  EXPECT_EQ(parsed->overlay.ttl, 7U);
  EXPECT_EQ(parsed->overlay.duplicates, DuplicateRule::kClassic);
  EXPECT_FALSE(parsed->overlay.echo);
  EXPECT_EQ(parsed->network.delay, "exponential");
  EXPECT_EQ(parsed->network.parameters.mean, Duration(1'500'000));
  EXPECT_EQ(parsed->network.parameters.floor, Duration(500));
  EXPECT_EQ(parsed->workload.source, "12");
  EXPECT_DOUBLE_EQ(parsed->workload.rate, 0.25);
}

TEST(Experiment, LetsOverridesWinOverTheFile) {
  const auto parsed =
      parse_experiment("overlay: {ttl: 7}", "x.yaml", {{"overlay.ttl", "3"}, {"overlay.ttl", "4"}});
  ASSERT_TRUE(parsed) << parsed.error().why;
  EXPECT_EQ(parsed->overlay.ttl, 4U);
}

TEST(Experiment, TakesTrueAndFalseForOnAndOff) {
  const auto parsed =
      parse_experiment("overlay: {echo: false}", "x.yaml", {{"churn.keep_state", "true"}});
  ASSERT_TRUE(parsed) << parsed.error().why;
  EXPECT_FALSE(parsed->overlay.echo);
  EXPECT_TRUE(parsed->churn.keep_state);
  EXPECT_NE(why("overlay: {echo: maybe}").find("\"maybe\" is none of on, off"), std::string::npos);
  EXPECT_NE(why("overlay: {duplicates: true}").find("is none of deepest, classic"),
            std::string::npos);
}

TEST(Experiment, NamesThePlaceOfAMistake) {
  EXPECT_EQ(why("overlay:\n  tll: 7\n"),
            "x.yaml:2:3: there is no key \"overlay.tll\" | did you mean overlay.ttl?");
  EXPECT_EQ(why("topologie: {}\n"),
            "x.yaml:1:1: there is no key \"topologie\" | did you mean topology?");
  EXPECT_EQ(why("ttl: 3\n"), "x.yaml:1:1: there is no key \"ttl\" | did you mean overlay.ttl?");
  EXPECT_EQ(why("overlay:\n  ttl: 0\n"),
            "x.yaml:2:8: overlay.ttl: \"0\" is no whole number from 1 to 255 | `shoal-sim help "
            "keys` explains every key");
  EXPECT_EQ(why("overlay:\n  ttl: 7\n  ttl: 8\n").substr(0, 41),
            "x.yaml:3:3: \"overlay.ttl\" is set twice | ");
  EXPECT_EQ(why("overlay: 7\n").substr(0, 12), "x.yaml:1:10:");
  EXPECT_EQ(why("overlay: [1\n").substr(0, 7), "x.yaml:");
  EXPECT_EQ(why("network: {mean: 20}\n").substr(0, 42),
            "x.yaml:1:17: network.mean: \"20\" is no time");
  EXPECT_EQ(why("network: {delay: unifrom}\n"),
            "x.yaml:1:18: network.delay: \"unifrom\" is none of constant, uniform, log-normal, "
            "exponential, matrix, coordinates | did you mean uniform?");
  EXPECT_EQ(why("workload: {source: everyone}\n").substr(0, 67),
            "x.yaml:1:20: workload.source: \"everyone\" is neither the number of a");
  EXPECT_EQ(why("overlay: {ttl: [1]}\n").substr(0, 55),
            "x.yaml:1:16: overlay.ttl: one value is expected here | ");
}

TEST(Experiment, TellsHowAGraphIsGivenThatWasTakenForIt) {
  for (const char* const text : {"# Nodes: 2\n0\t1\n", "\x1f\x8b\x08\x00"}) {
    const auto parsed = parse_experiment(text, "edges.txt.gz", {});
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().next, "an edge list is given as --set topology.file=edges.txt.gz");
  }
}

TEST(Experiment, NamesTheOverrideThatIsWrong) {
  EXPECT_EQ(why("", {{"overlay.tll", "1"}}),
            "--set overlay.tll: there is no key \"overlay.tll\" | did you mean overlay.ttl?");
  EXPECT_EQ(why("", {{"topology.peers", "1.5"}}).substr(0, 51),
            "--set topology.peers: \"1.5\" is no whole number from");
}

TEST(Experiment, RefusesAFileThatIsNotThere) {
  const auto loaded = load_experiment("/nonexistent/x.yaml", {});
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().why, "/nonexistent/x.yaml: No such file or directory");
  EXPECT_FALSE(load_experiment("configs", {}));
}

TEST(Experiment, LoadsEveryExample) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator("configs/sim")) {
    if (entry.path().extension() != ".yaml") continue;
    const auto loaded = load_experiment(entry.path().string(), {});
    EXPECT_TRUE(loaded) << loaded.error().why;
    ++files;
  }
  EXPECT_GE(files, 2U);
}

TEST(Experiment, ExplainsEveryKeyOnce) {
  std::set<std::string> seen;
  for (const KeyHelp& key : keys_of_experiments()) {
    EXPECT_TRUE(seen.insert(key.key).second) << key.key;
    EXPECT_GE(key.doc.size(), 6U) << key.key;
    EXPECT_TRUE(key.doc.ends_with('.')) << key.key << ": " << key.doc;
    EXPECT_FALSE(key.values.empty()) << key.key;
  }
  for (const char* const key : {"topology.file", "workload.source", "overlay.ttl",
                                "overlay.duplicates", "network.delay", "run.seed", "run.threads"}) {
    EXPECT_TRUE(seen.contains(key)) << key;
  }
}

// What is shown reads back as the same experiment: no row shows one field and sets another.
TEST(Experiment, ShowsWhatItReads) {
  const auto loaded = load_experiment("configs/sim/churn.yaml", {});
  ASSERT_TRUE(loaded) << loaded.error().why;
  std::vector<Override> all;
  for (const auto& [key, value] : shown(*loaded)) {
    if (!value.empty()) all.emplace_back(key, value);
  }
  const auto again = parse_experiment("", "x.yaml", all);
  ASSERT_TRUE(again) << again.error().why;
  EXPECT_EQ(*again, *loaded);
}

TEST(Times, ReadBackAsTheyAreShown) {
  for (const char* const text :
       {"0", "1us", "999us", "20ms", "1500ms", "2s", "90s", "5m", "2h", "1d"}) {
    const auto time = parse_time(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(parse_time(show_time(*time)), time) << text;
  }
  EXPECT_EQ(parse_time("0.5ms"), Duration(500));
  EXPECT_EQ(parse_time("41.9m"), Duration(2'514'000'000));
  for (const char* const text : {"", "5", "ms", "-1s", "1 s", "1e400s", "inf", "1y", "nans"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

}  // namespace
}  // namespace shoal::sim
