// SPDX-License-Identifier: Apache-2.0
// A sweep that is killed in the middle.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <boost/json.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/sim/cli/program.h"
#include "tests/support/temp_folder.h"

namespace shoal::tests {
namespace {

constexpr int kRuns = 24;

std::vector<std::string> sweep(const std::string& out) {
  return {"sweep",   "configs/sim/search.yaml",
          "--set",   "topology.peers=400",
          "--set",   "workload.searches=50",
          "--vary",  "overlay.ttl=2,3,4,5",
          "--seeds", "6",
          "--jobs",  "2",
          "--out",   out,
          "--json"};
}

// The table without its last two columns, speed and memory, which belong to the machine.
std::string csv_in(const std::string& folder) {
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().extension() != ".csv") continue;
    std::ifstream in(file.path());
    std::string all;
    for (std::string line; std::getline(in, line);) {
      for (int column = 0; column < 2; ++column) line.erase(line.rfind(','));
      all += line + "\n";
    }
    return all;
  }
  return {};
}

// Runs that the store holds; 0 while there is no store, or its writer is at it.
int runs_in(const std::string& folder) {
  std::error_code none;
  for (const auto& file : std::filesystem::directory_iterator(folder, none)) {
    if (file.path().extension() != ".db") continue;
    try {
      SQLite::Database store(file.path().string(), SQLite::OPEN_READONLY);
      return store.execAndGet("SELECT count(*) FROM runs").getInt();
    } catch (const SQLite::Exception&) {
      return 0;
    }
  }
  return 0;
}

bool running(pid_t pid) { return ::waitpid(pid, nullptr, WNOHANG) == 0; }

TEST(Sweep, KilledInTheMiddleGoesOnWhereItWasAndEndsAsIfItHadNotBeen) {
  const TempFolder folder;
  const std::string whole = folder / "whole";
  const std::string broken = folder / "broken";
  ASSERT_EQ(sim(sweep(whole)).code, 0);

  const pid_t pid = start_sim(sweep(broken));
  ASSERT_GT(pid, 0);
  while (running(pid) && runs_in(broken) < 3) {
  }
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  EXPECT_LT(runs_in(broken), kRuns) << "it had ended before it was killed";
  EXPECT_EQ(csv_in(broken), "") << "a table of a part";

  const Outcome rest = sim(sweep(broken));
  ASSERT_EQ(rest.code, 0) << rest.err;
  const auto summary = boost::json::parse(rest.out).as_object();
  EXPECT_GE(summary.at("skipped").to_number<int>(), 3);
  EXPECT_LT(summary.at("skipped").to_number<int>(), kRuns);
  EXPECT_EQ(runs_in(broken), kRuns);
  EXPECT_FALSE(csv_in(whole).empty());
  EXPECT_EQ(csv_in(broken), csv_in(whole));
}

}  // namespace
}  // namespace shoal::tests
