// SPDX-License-Identifier: Apache-2.0
// shoal-sim as a process.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/support/child.h"

namespace shoal::tests {

/// Runs a program to its end.
inline Outcome run(std::vector<std::string> words) {
  return run_child(std::move(words), Outputs::kApart);
}
/// Runs shoal-sim to its end.
Outcome sim(std::vector<std::string> words);
/// Starts shoal-sim, which says nothing to anybody.
pid_t start_sim(std::vector<std::string> words);
/// That it exits with 2, prints nothing, and says one line that holds `part`.
void expect_refused(const std::vector<std::string>& words, const std::string& part);

}  // namespace shoal::tests
