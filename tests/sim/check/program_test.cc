// SPDX-License-Identifier: Apache-2.0
// `shoal-sim check` as a program, over a flood into which a bug can be planted.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "overlay/flood/faults.h"
#include "sim/check/play.h"
#include "sim/cli/app.h"
#include "tests/support/temp_folder.h"

namespace shoal::sim::cli {
namespace {

using overlay::FloodFault;

struct Outcome {
  int code = 0;
  std::string out;
  std::string err;
};

Outcome check(std::vector<std::string> words) {
  words.insert(words.begin(), "check");
  std::ostringstream out;
  std::ostringstream err;
  World world{out, err, false};
  const int code = run(world, words);
  return {code, out.str(), err.str()};
}

std::string text_in(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

class CheckProgram : public testing::Test {
 protected:
  ~CheckProgram() override { overlay::planted_flood_fault = FloodFault::kFaultless; }
  tests::TempFolder folder;
};

TEST_F(CheckProgram, SaysThatTheContractHolds) {
  const Outcome held = check({"--overlay", "flood", "--runs", "20", "--seed", "5"});
  EXPECT_EQ(held.code, 0) << held.err;
  EXPECT_NE(held.out.find("the contract holds for flood, from seed 5 on"), std::string::npos);
  const auto result =
      boost::json::parse(check({"--overlay", "flood", "--runs", "20", "--json"}).out).as_object();
  EXPECT_EQ(result.at("holds"), true);
  EXPECT_EQ(result.at("sights").at("scenarios"), 20);
  EXPECT_EQ(check({"--overlay", "flood", "--minutes", "0.001"}).code, 0);
}

TEST_F(CheckProgram, KeepsWhatBreaksAClauseAndNeverWritesOverIt) {
  overlay::planted_flood_fault = FloodFault::kCompleteAnyway;
  const std::string kept = folder.path() + "/kept";
  const Outcome broken = check({"--overlay", "flood", "--keep", kept});
  EXPECT_EQ(broken.code, 1) << broken.out;
  for (const char* const word :
       {"BROKEN by flood, seed ", "a report that says complete counts what really happened",
        "shoal-sim check --overlay flood --seed ", "shrunk, in ", ".html"}) {
    EXPECT_NE(broken.out.find(word), std::string::npos) << broken.out;
  }
  const auto again =
      boost::json::parse(check({"--overlay", "flood", "--keep", kept, "--json"}).out).as_object();
  EXPECT_EQ(again.at("breach").at("clause"), "complete-is-true");
  EXPECT_LE(again.at("shrunk").at("peers").to_number<int>(), 8);
  const std::string file(again.at("shrunk").at("file").as_string());
  const std::string page(again.at("shrunk").at("page").as_string());
  EXPECT_TRUE(file.ends_with("-1.txt")) << file;
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kept)) {
    files += entry.is_regular_file() ? 1U : 0U;
  }
  EXPECT_EQ(files, 4U);
  EXPECT_EQ(text_in(file), text_in(file.substr(0, file.size() - 6) + ".txt"));
  EXPECT_NE(text_in(page).find("Broken: a report that says complete"), std::string::npos);
  EXPECT_NE(text_in(page).find(".txt --page wave.html"), std::string::npos);

  // Its seed alone, and the kept file, break it again; and not when the bug is gone.
  const std::string seed = std::to_string(again.at("seed").to_number<std::uint64_t>());
  EXPECT_EQ(check({"--overlay", "flood", "--seed", seed, "--keep", kept}).code, 1);
  const Outcome replayed = check({file, "--page", folder.path() + "/page.html"});
  EXPECT_EQ(replayed.code, 1);
  EXPECT_NE(replayed.out.find("BROKEN"), std::string::npos);
  EXPECT_EQ(text_in(folder.path() + "/page.html"), text_in(page));
  overlay::planted_flood_fault = FloodFault::kFaultless;
  EXPECT_EQ(check({file}).code, 0);
}

TEST_F(CheckProgram, RefusesWhatMakesNoSenseInOneLine) {
  const std::string file = folder.path() + "/x.txt";
  std::ofstream(file) << "shoal-check 1\noverlay flood\nwings 3\n";
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"--overlay", "wings"},
                                             {"--runs", "0"},
                                             {"--seed", "x"},
                                             {"--minutes", "-1"},
                                             {"--minutes", "soon"},
                                             {"--page", "x.html"},
                                             {file},
                                             {folder.path() + "/none.txt"},
                                             {"--overlay", "flood", "--wings"}}) {
    const Outcome refused = check(words);
    EXPECT_EQ(refused.code, 2) << words[0];
    EXPECT_EQ(std::ranges::count(refused.err, '\n'), 1) << refused.err;
    EXPECT_EQ(refused.out, "");
  }
  EXPECT_NE(check({file}).err.find("x.txt:3: there is no line \"wings\""), std::string::npos);
}

}  // namespace
}  // namespace shoal::sim::cli
