// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "proto/types/result.h"

namespace shoal::client {

/// What the process has around it. main.cc takes it from the system, tests make their own.
struct World {
  std::function<std::optional<std::string>(const char* name)> env;
  std::ostream* out = nullptr;  ///< results
  std::ostream* err = nullptr;  ///< all else
  bool out_is_tty = false;
  bool err_is_tty = false;
  unsigned columns = 80;  ///< of the terminal
  /// Turned true by Ctrl-C, and by --timeout; never null.
  std::atomic<bool>* stop = nullptr;
  /// Asks whoever is at the terminal without an echo, or takes the first line of stdin.
  std::function<Result<std::string>(const std::string& prompt)> password;
  bool in_is_tty = false;
  /// From here on the process outlives whoever reads `out` (`| head`). Null: it does anyway.
  std::function<void()> outlive_reader;
  std::function<bool()> reader_left;  ///< of `out`; null: nobody reads it by a pipe
  std::string programs;  ///< the folder where the sibling programs are; "" looks in PATH only
};

}  // namespace shoal::client
