// SPDX-License-Identifier: Apache-2.0
// shoal-sim as a process.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace shoal::tests {

struct Outcome {
  int code = -1;
  std::string out;
  std::string err;
};

/// Runs a program to its end. What it writes to stderr must fit a pipe.
Outcome run(std::vector<std::string> words);
/// Runs shoal-sim to its end.
Outcome sim(std::vector<std::string> words);
/// Starts shoal-sim, which says nothing to anybody.
pid_t start_sim(std::vector<std::string> words);
/// That it exits with 2, prints nothing, and says one line that holds `part`.
void expect_refused(const std::vector<std::string>& words, const std::string& part);

}  // namespace shoal::tests
