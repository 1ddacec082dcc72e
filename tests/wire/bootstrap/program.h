// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace shoal::bootstrap {

/// shoal-directory as a process of its own, ended with this at the latest.
class Program {
 public:
  using Clock = std::chrono::steady_clock;

  /// Starts it with these arguments, below another program if there is one (which must leave it
  /// its number, as `strace -D` does). Both its outputs are kept.
  explicit Program(const std::vector<std::string>& arguments,
                   const std::vector<std::string>& under = {});
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// The URL in the line it prints when it is up; empty when it ends without one.
  std::string url();
  void send(int signal) const;
  /// Its exit code, 128 + the signal that ended it, or -1 when it has not ended after `time`.
  int wait(std::chrono::milliseconds time = std::chrono::seconds(20));
  /// What it wrote to stdout and stderr until it ended.
  std::string output();
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  bool read_some(Clock::time_point until);

  pid_t pid_ = -1;
  int out_ = -1;
  std::string heard_;
  bool reaped_ = false;
};

}  // namespace shoal::bootstrap
