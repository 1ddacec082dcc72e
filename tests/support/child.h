// SPDX-License-Identifier: Apache-2.0
// Programs that a test runs.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <functional>
#include <string>
#include <vector>

namespace shoal::tests {

struct ChildTerms {
  /// In the child, before it becomes the program: streams, limits, user. Must wait for no thread.
  std::function<void()> prepare = {};
  /// What it gets when this process dies.
  int dies_by = SIGKILL;
};

/// Starts `words`, the first of which is a path or a name in PATH.
pid_t start_child(std::vector<std::string> words, const ChildTerms& terms = {});

/// The exit code, or 128 and the signal, of what waitpid() told.
int code_of_status(int status);
/// Waits for its end; code_of_status().
int wait_for_child(pid_t child);
/// Sends it `signal`. After SIGSTOP all of its threads stand still: else they go on until the one
/// that took the signal has run.
void signal_child(pid_t child, int signal);
/// Sends it `signal`, waits for its end and forgets it; nothing when `child` is -1.
void end_child(pid_t& child, int signal);

/// For ChildTerms::prepare: stdout and stderr go to the end of `log`, stdin is empty.
void write_to_log(const std::string& log);

struct Outcome {
  int code = -1;
  std::string out;
  std::string err;
};
enum class Outputs { kApart, kTogether };
/// Runs it to its end; `typed` is its stdin. Together: `out` has both.
Outcome run_child(std::vector<std::string> words, Outputs outputs, const std::string& typed = {},
                  ChildTerms terms = {});

}  // namespace shoal::tests
