// SPDX-License-Identifier: Apache-2.0
// START HERE: the program shoal-sim, as a library.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "proto/types/result.h"

namespace shoal::sim::cli {

/// Where a run of the program writes.
struct World {
  std::ostream& out;
  std::ostream& err;
  bool err_is_terminal = false;
};

/// The program without its name. Returns the exit code: 0 ok; 1 it failed, or a comparison found a
/// regression; 2 what was asked for is not possible, and nothing was written.
int run(World& world, const std::vector<std::string>& words);

/// "what: why (next)", one line.
std::string line_of(const Error& error);

}  // namespace shoal::sim::cli
