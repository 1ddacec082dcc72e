// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <variant>

#include "bootstrap/config.h"
#include "proto/types/result.h"

namespace shoal::bootstrap {

/// The program is done: help was printed, or an error in the words of its user.
struct Exit {
  int code = 0;
};

/// What shoal-directory shall do: its command line over its file over the built-in values. Help and
/// version go to stdout, errors to stderr (exit codes: 2 usage, 9 configuration).
std::variant<Config, Exit> read_args(int argc, const char* const* argv);

/// Prints an error as what, why and next on stderr and returns its exit code.
int print_error(const Error& error);

}  // namespace shoal::bootstrap
