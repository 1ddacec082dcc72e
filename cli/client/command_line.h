// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/client/context/globals.h"
#include "cli/client/context/verb.h"
#include "proto/types/result.h"

namespace shoal::client {

struct CommandLine {
  const Verb* verb = nullptr;  ///< null: none was named
  Globals globals;
  Arguments arguments;
};

/// Reads what follows the program's name. Global options stand before or after the verb.
/// Errors: kInvalidArgument.
Result<CommandLine> parse_command_line(const std::vector<std::string>& arguments);

/// Whether --json was asked for: how errors of the command line itself are written.
bool asks_for_json(const std::vector<std::string>& arguments);

}  // namespace shoal::client
