// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/cli/program.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace shoal::tests {
namespace {

std::vector<std::string> sim_words(std::vector<std::string> words) {
  const char* const program = std::getenv("SHOAL_SIM_PROGRAM");
  EXPECT_NE(program, nullptr);
  words.insert(words.begin(), program == nullptr ? "" : program);
  return words;
}

}  // namespace

Outcome sim(std::vector<std::string> words) { return run(sim_words(std::move(words))); }

pid_t start_sim(std::vector<std::string> words) {
  return start_child(sim_words(std::move(words)), {[] { write_to_log("/dev/null"); }});
}

void expect_refused(const std::vector<std::string>& words, const std::string& part) {
  const Outcome outcome = sim(words);
  EXPECT_EQ(outcome.code, 2) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_TRUE(outcome.err.starts_with("shoal-sim: ")) << outcome.err;
  EXPECT_NE(outcome.err.find(part), std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.err.find('\n'), outcome.err.size() - 1) << outcome.err;
}

}  // namespace shoal::tests
