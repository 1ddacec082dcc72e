// SPDX-License-Identifier: Apache-2.0
#include "cli/client/programs/daemon_args.h"

#include <filesystem>
#include <system_error>

namespace shoal::client {

std::vector<std::string> daemon_arguments(const Globals& globals) {
  std::vector<std::string> out;
  const auto path = [&](const char* flag, const std::string& value) {
    if (value.empty()) return;
    std::error_code error;
    out.emplace_back(flag);
    out.push_back(std::filesystem::absolute(value, error).string());
  };
  path("--config", globals.config);
  path("--home", globals.home);
  const bool url = globals.socket.find(':') != std::string::npos;  // a client's word only
  if (!url) path("--socket", globals.socket);
  return out;
}

}  // namespace shoal::client
