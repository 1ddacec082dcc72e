// SPDX-License-Identifier: Apache-2.0
// The program shoal-sim itself, as a process.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/sim/cli/program.h"
#include "tests/support/sanitized.h"
#include "tests/support/temp_folder.h"

namespace shoal::tests {
namespace {

struct Folder : TempFolder {
  [[nodiscard]] std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(*this / name) << text;
    return *this / name;
  }
};

TEST(SimProgram, LoadsNeitherGrpcNorProtobuf) {
  const Outcome libraries = run({"ldd", std::getenv("SHOAL_SIM_PROGRAM")});
  ASSERT_EQ(libraries.code, 0) << libraries.err;
  EXPECT_NE(libraries.out.find("libc.so"), std::string::npos) << libraries.out;
  for (const char* const name : {"grpc", "protobuf", "absl", "upb"}) {
    EXPECT_EQ(libraries.out.find(name), std::string::npos) << libraries.out;
  }
}

TEST(SimProgram, RunsTheExampleAndPrintsWhatOutsidersRead) {
  const Folder folder;
  const std::string graph =
      folder.file("triangle.txt", "# a triangle with a tail\n5 7\n7 9\n9 5\n9 11\n");
  const Outcome outcome =
      sim({"run", "configs/sim/flood.yaml", "--set", "topology.file=" + graph, "--set",
           "workload.source=5", "--set", "overlay.ttl=3", "--set", "overlay.duplicates=classic",
           "--set", "network.delay=constant", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  const auto result = boost::json::parse(outcome.out).as_object();
  EXPECT_EQ(result.at("schema"), "shoal/sim.summary/1");
  EXPECT_EQ(result.at("reach"), 3);
  EXPECT_EQ(result.at("messages"), 5);  // 2E - (N - 1)
  EXPECT_EQ(result.at("duplicates"), 2);
  EXPECT_EQ(result.at("digest").as_string().size(), 16U);
  EXPECT_GT(result.at("deliveries_per_second").to_number<double>(), 0);
  EXPECT_GE(result.at("bytes_per_peer").to_number<double>(), 0);
}

TEST(SimProgram, SaysWhatItsOwnUserCanDoWhenNobodyCanBeAsked) {
  const Folder folder;
  const std::string graph = folder.file("alone.txt", "0 1\n2 2\n");
  expect_refused({"trace", "--set", "topology.file=" + graph, "--set", "workload.source=2"},
                 "no friend is connected (workload.source chooses who searches");
}

TEST(SimProgram, GivesOneDigestOnAnyNumberOfThreads) {
  std::string digest;
  for (const char* const threads : {"1", "2", "4"}) {
    const Outcome outcome =
        sim({"run", "configs/sim/churn.yaml", "--set", "topology.peers=300", "--set",
             "workload.searches=20", "--seed", "3", "--threads", threads, "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const auto result = boost::json::parse(outcome.out).as_object();
    EXPECT_GT(result.at("changes").at("faults").to_number<int>(), 0);
    const std::string now(result.at("digest").as_string());
    if (digest.empty()) digest = now;
    EXPECT_EQ(now, digest);
  }
}

TEST(SimProgram, TakesOptionsBeforeItsFile) {
  const Outcome behind = sim({"run", "configs/sim/flood.yaml", "--seed", "7", "--json"});
  const Outcome before = sim({"run", "--json", "--seed", "7", "configs/sim/flood.yaml"});
  ASSERT_EQ(behind.code, 0) << behind.err;
  ASSERT_EQ(before.code, 0) << before.err;
  const auto digest = [](const Outcome& one) {
    return boost::json::parse(one.out).as_object().at("digest");
  };
  EXPECT_EQ(digest(before), digest(behind));
  const Outcome none = sim({"run", "--seed=", "configs/sim/flood.yaml"});
  EXPECT_EQ(none.code, 2);
  EXPECT_NE(none.err.find("run.seed: \"\" is no whole number"), std::string::npos) << none.err;
}

TEST(SimProgram, MeasuresAGraph) {
  const Outcome petersen =
      sim({"graph", "--set", "topology.family=petersen", "--set", "topology.peers=10", "--json"});
  ASSERT_EQ(petersen.code, 0) << petersen.err;
  const auto result = boost::json::parse(petersen.out).as_object();
  EXPECT_EQ(result.at("peers"), 10);
  EXPECT_EQ(result.at("links"), 15);
  EXPECT_EQ(result.at("degree").at("max"), 3);
  EXPECT_EQ(result.at("clustering").at("triangles"), 0);
  EXPECT_EQ(result.at("components").at("count"), 1);
  EXPECT_EQ(result.at("distances").at("longest"), 2);
  const Outcome shown = sim({"graph", "configs/sim/flood.yaml", "--sources", "10"});
  EXPECT_EQ(shown.code, 0);
  EXPECT_NE(shown.out.find("10 000 peers, 40 000 links"), std::string::npos) << shown.out;
}

TEST(SimProgram, ShowsASearchAsATree) {
  const Folder folder;
  const std::string graph = folder.file("graph.txt", "0 1\n1 2\n2 0\n2 3\n3 4\n");
  const std::vector<std::string> words{"trace",
                                       "--set",
                                       "topology.file=" + graph,
                                       "--set",
                                       "workload.source=0",
                                       "--set",
                                       "overlay.ttl=2",
                                       "--set",
                                       "overlay.duplicates=classic",
                                       "--set",
                                       "network.delay=constant",
                                       "--set",
                                       "network.mean=10ms"};
  const Outcome tree = sim(words);
  ASSERT_EQ(tree.code, 0) << tree.err;
  EXPECT_EQ(
      tree.out,
      "peer 0 searches for what nobody has\n"
      "|- 1   10.0 ms   hop 1\n"
      "|  `- 2   20.0 ms   duplicate: it had it from 0 at hop 1\n"
      "`- 2   10.0 ms   hop 1\n"
      "   |- 1   20.0 ms   duplicate: it had it from 0 at hop 1\n"
      "   `- 3   20.0 ms   hop 2, cut by the TTL\n"
      "5 copies, 2 duplicates, 3 peers asked, 0 hits; ended after 40.0 ms: answered, complete\n");
  std::vector<std::string> as_json = words;
  as_json.emplace_back("--json");
  const auto result = boost::json::parse(sim(as_json).out).as_object();
  EXPECT_EQ(result.at("copies").as_array().size(), 5U);
}

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

TEST(SimProgram, SweepsAGridAndComparesIt) {
  const Folder folder;
  const std::string out = folder.path() + "/out";
  std::vector<std::string> words{"sweep",   "configs/sim/flood.yaml",
                                 "--set",   "topology.peers=60",
                                 "--set",   "topology.degree=4",
                                 "--vary",  "overlay.ttl=2,3",
                                 "--seeds", "2",
                                 "--jobs",  "2",
                                 "--out",   out};
  const Outcome first = sim(words);
  ASSERT_EQ(first.code, 0) << first.err;
  EXPECT_NE(first.err.find("4/4 runs -> "), std::string::npos) << first.err;
  EXPECT_NE(first.out.find("overlay.ttl"), std::string::npos) << first.out;
  words.emplace_back("--json");
  const auto again = boost::json::parse(sim(words).out).as_object();
  EXPECT_EQ(again.at("skipped"), 4);
  EXPECT_EQ(again.at("points").as_array().size(), 2U);
  EXPECT_EQ(sim({"compare", out, out}).code, 0);

  const std::vector<std::string> run{"run", "--json", "--set", "topology.peers=200"};
  std::vector<std::string> longer = run;
  longer.insert(longer.end(), {"--set", "overlay.ttl=6"});
  const std::string before = folder.file("before.json", sim(run).out);
  const std::string after = folder.file("after.json", sim(longer).out);
  const Outcome worse = sim({"compare", before, after});
  EXPECT_EQ(worse.code, 1) << worse.out;
  EXPECT_NE(worse.out.find("WORSE"), std::string::npos) << worse.out;
  EXPECT_EQ(sim({"compare", before, after, "--threshold", "messages=100000%", "--threshold",
                 "duplicates=100000%", "--threshold", "redundancy=1000%", "--threshold",
                 "took_ms=1000%", "--threshold", "load_gini=1000%"})
                .code,
            0);
  expect_refused({"compare", before}, "two results are expected");
  const Folder other;
  const std::string text = other.file("runs.db", std::string(4096, 'x'));
  expect_refused({"compare", other.path(), out}, "not a database (give the folder of a sweep)");
  expect_refused({"sweep", "--seeds", "2", "--out", other.path()},
                 "not a database (choose another");
  EXPECT_EQ(text_of(text), std::string(4096, 'x'));
  expect_refused({"compare", before, after, "--threshold", "massages=1%"}, "no such figure");
  expect_refused({"sweep", "--vary", "overlay.tll=1,2", "--out", out}, "did you mean overlay.ttl?");
  const std::string mine = folder.file("runs.csv", "mine");
  expect_refused({"sweep", "--seeds", "2", "--out", folder.path()}, "no runs.db");
  EXPECT_EQ(text_of(mine), "mine");
  expect_refused({"sweep", "configs/sim/flood.yaml", "--out", out + "2"}, "nothing to sweep");
  EXPECT_FALSE(std::filesystem::exists(out + "2"));
}

TEST(SimProgram, WritesAPageOfASearch) {
  const Folder folder;
  const std::string page = folder / "new/wave.html";
  const std::vector<std::string> words{
      "report", "configs/sim/search.yaml", "--wave",   "--set", "topology.peers=50",
      "--set",  "content.files=9",         "--seed=2", "--out", page};
  const Outcome outcome = sim(words);
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, page + "\n");
  const std::string first = text_of(page);
  EXPECT_NE(first.find("shoal-sim report --wave --set "), std::string::npos);
  ASSERT_EQ(sim(words).code, 0);
  EXPECT_EQ(text_of(page), first);

  // What cannot be shown leaves what was there.
  expect_refused({"report", "configs/sim/search.yaml", "--wave", "--out", page},
                 "5000 peers, and a picture holds 500");
  expect_refused({"report", "--wave", "--set", "topology.peers=20", "--out", folder.path()},
                 "cannot write");
  EXPECT_EQ(text_of(page), first);
  EXPECT_FALSE(std::filesystem::exists(page + ".new"));
  const std::string mine = folder.file("mine.yaml", "topology:\n  peers: 20\n");
  expect_refused({"report", mine, "--wave", "--out", mine}, "it is no page");
  EXPECT_EQ(text_of(mine), "topology:\n  peers: 20\n");
}

TEST(SimProgram, WritesAPageOfASweep) {
  const Folder folder;
  const std::string out = folder / "night";
  ASSERT_EQ(sim({"sweep", "--set", "topology.peers=30", "--set", "topology.degree=4", "--vary",
                 "overlay.ttl=1,2", "--seeds", "2", "--jobs", "1", "--out", out})
                .code,
            0);
  const Outcome outcome = sim({"report", out});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, out + "/report.html\n");
  const std::string page = text_of(out + "/report.html");
  EXPECT_NE(page.find("<title>night: overlay.ttl</title>"), std::string::npos);
  EXPECT_EQ(sim({"report", out + "/runs.csv", "--out", folder / "csv.html"}).code, 0);
  EXPECT_NE(text_of(folder / "csv.html").find("<title>night: overlay.ttl"), std::string::npos);

  expect_refused({"report"}, "one folder of a sweep is expected");
  expect_refused({"report", folder / "none"}, "there is no such file or folder");
  expect_refused({"report", "configs/sim/flood.yaml"}, "--wave shows its first search");
  expect_refused({"report", out, "--seed", "1"}, "--seed goes with --wave only");
  expect_refused({"report", folder.file("x.csv", "1,2\n"), "--out", out + "/report.html"},
                 "not the head of a sweep's table");
  std::ofstream(out + "/runs.db", std::ios::trunc) << std::string(5000, 'x');
  expect_refused({"report", out}, "no runs to report: " + out + "/runs.db: file is not a database");
  EXPECT_EQ(text_of(out + "/report.html"), page);
}

TEST(SimProgram, MeasuresTheEngine) {
  const Outcome bench = sim({"bench", "--peers", "1e3", "--degree", "8", "--ttl", "7", "--searches",
                             "2", "--threads", "2", "--json"});
  ASSERT_EQ(bench.code, 0) << bench.err;
  const auto result = boost::json::parse(bench.out).as_object();
  EXPECT_GT(result.at("deliveries_per_second").to_number<double>(), 0);
  EXPECT_GE(result.at("bytes_per_peer").to_number<double>(), 0);
  EXPECT_GT(result.at("deliveries").to_number<double>(), 1000);
  expect_refused({"bench", "--peers", "0"}, "peers");
  expect_refused({"bench", "--peers", "many"}, "no whole number");
  expect_refused({"bench", "--peers", "99000000", "--degree", "90000"},
                 "the memory will not suffice");
}

// A run's peers still remember its search.
TEST(SimProgram, CountsAPeersMemoryInARunAsInABench) {
  const bool kept = address_sanitized() || thread_sanitized();
  for (const char* const peers : {"1000", "3000"}) {
    const auto bytes = [](const Outcome& outcome) {
      EXPECT_EQ(outcome.code, 0) << outcome.err;
      return boost::json::parse(outcome.out).at("bytes_per_peer").to_number<double>();
    };
    const double in_bench =
        bytes(sim({"bench", "--peers", peers, "--degree", "8", "--searches", "1", "--json"}));
    const double in_run =
        bytes(sim({"run", "--set", std::string("topology.peers=") + peers, "--set",
                   "topology.degree=8", "--set", "topology.family=random-regular", "--set",
                   "overlay.ttl=7", "--set", "workload.searches=1", "--json"}));
    EXPECT_TRUE(kept || std::abs(in_run - in_bench) < in_bench / 10) << in_run << " " << in_bench;
  }
}

TEST(SimProgram, TakesAtMost600BytesForAnIdlePeer) {
  const bool kept = address_sanitized() || thread_sanitized();  // what was freed: by sanitizers
  for (const char* const peers : {"550", "1000", "3000", "30000"}) {
    for (const char* const threads : {"1", "4"}) {
      const Outcome bench = sim(
          {"bench", "--peers", peers, "--searches", "1", "--threads", threads, "--echo", "--json"});
      ASSERT_EQ(bench.code, 0) << bench.err;
      const auto result = boost::json::parse(bench.out).as_object();
      EXPECT_TRUE(kept || result.at("bytes_per_peer").to_number<double>() <= 600) << bench.out;
    }
  }
}

TEST(SimProgram, RefusesBadInputInOneLine) {
  const Folder folder;
  const std::string flood = "configs/sim/flood.yaml";
  expect_refused({"rnu"}, "did you mean run?");
  expect_refused({"run", "--sed", "1"}, "there is no option --sed");
  expect_refused({"run", "--seed"}, "--seed takes a value");
  expect_refused({"run", "--json=1"}, "--json takes no value");
  expect_refused({"run", "/nonexistent.yaml"}, "/nonexistent.yaml: No such file");
  expect_refused({"run", folder.file("typo.yaml", "overlay:\n  tll: 3\n")},
                 "typo.yaml:2:3: there is no key");
  expect_refused({"run", flood, "--set", "overlay.tll=3"}, "did you mean overlay.ttl?");
  expect_refused({"run", flood, "--set", "overlay.ttl"}, "KEY=VALUE is expected");
  expect_refused({"run", flood, "--set", "topology.degree=10001"}, "peers");
  expect_refused({"run", flood, "--set", "topology.peers=7", "--set", "topology.degree=3"}, "odd");
  expect_refused({"run", flood, "--set", "topology.file=/nonexistent"}, "/nonexistent");
  expect_refused({"run", flood, "--set", "topology.file=" + folder.file("bad.txt", "1 2\nx y\n")},
                 "bad.txt: line 2");
  expect_refused({"run", flood, "--set", "topology.file=" + folder.path()}, "it is a folder");
  const std::string cut("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);  // the head of a .gz alone
  expect_refused({"graph", "--set", "topology.file=" + folder.file("cut.gz", cut)},
                 "cut.gz: unexpected end of file (is the file whole?)");
  expect_refused({"run", flood, "--set", "network.delay=matrix", "--set",
                  "network.matrix=" + folder.file("empty.txt", "")},
                 "it holds no round trips");
  expect_refused({"run", flood, "--set", "workload.source=10000"}, "there is no peer 10000");
  expect_refused({"run", flood, "--set", "overlay.via=gossamer"}, "there is no overlay");
  expect_refused({"run", flood, "--set", "run.memory_mb=1"}, "the memory will not suffice");
  expect_refused({"run", flood, "--set", "network.min=1s"}, "max is less than min");
  expect_refused({"run", flood, "--set", "network.delay=constant", "--set", "network.mean=0"},
                 "zero");
  expect_refused({"run", flood, "--set", "network.lines=fast"}, "fast");
  expect_refused({"run", flood, "--set", "faults.crashes=1e6", "--set", "workload.searches=1e6"},
                 "too much trouble");
  expect_refused({"run", flood, "--set", "content.files=2", "--set", "content.replicas=20000"},
                 "content.replicas");
  expect_refused({"run", flood, "--set", "workload.script=" + folder.file("s.txt", "1 2 FLY\n")},
                 "s.txt:1:5");
}

TEST(SimProgram, ExplainsItself) {
  EXPECT_EQ(sim({}).code, 2);
  EXPECT_NE(sim({"help"}).out.find("shoal-sim run"), std::string::npos);
  EXPECT_NE(sim({"run", "--help"}).out.find("--threads"), std::string::npos);
  const Outcome keys = sim({"help", "keys"});
  EXPECT_EQ(keys.code, 0);
  EXPECT_NE(keys.out.find("overlay.duplicates = deepest"), std::string::npos) << keys.out;
  EXPECT_TRUE(sim({"version"}).out.starts_with("shoal-sim "));
}

}  // namespace
}  // namespace shoal::tests
