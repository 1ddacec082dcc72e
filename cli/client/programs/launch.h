// SPDX-License-Identifier: Apache-2.0
// The sibling programs: becoming one of them, and starting the daemon on its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "cli/client/context/world.h"
#include "proto/types/result.h"

namespace shoal::client {

/// The program beside this one, else the one in PATH. Errors: kNotFound.
Result<std::string> find_program(const World& world, const std::string& name);

/// Becomes that program; returns only with an error.
Error become(const World& world, const std::string& name,
             const std::vector<std::string>& arguments);

/// A process in a session of its own, that outlives this one.
class Detached {
 public:
  /// Its output is appended to `log`, its input is empty. Errors: kNotFound, kIo.
  static Result<Detached> start(const World& world, const std::string& name,
                                const std::vector<std::string>& arguments, const std::string& log);

  [[nodiscard]] int pid() const { return pid_; }
  /// Whether it is still there; once it is gone, how() says how it ended.
  bool running();
  [[nodiscard]] const std::string& how() const { return how_; }
  /// Its exit code; 1 when a signal ended it.
  [[nodiscard]] int exit_code() const { return exit_code_; }

 private:
  explicit Detached(int pid) : pid_(pid) {}
  int pid_;
  bool over_ = false;
  std::string how_;
  int exit_code_ = 1;
};

/// Bytes in a file; 0 when there is none.
std::uint64_t size_of(const std::string& path);
/// What a file holds from `from` on, its last lines of at most `bytes`.
std::string tail_of(const std::string& path, std::uint64_t from, std::size_t bytes);

}  // namespace shoal::client
