// SPDX-License-Identifier: Apache-2.0
#include "cli/config/config.h"

namespace shoal::config {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace

std::string starter_file(std::string_view name, std::string_view listen) {
  return "# The configuration of this peer. What is commented out is how it is without it.\n"
         "config_version: 1\n"
         "\n"
         "# What friends see.\n"
         "name: " +
         quoted(name) +
         "\n"
         "\n"
         "# Where friends reach this peer. 0.0.0.0 lets other machines in; a taken port gives the "
         "next free one.\n"
         "listen:\n"
         "  address: " +
         quoted(listen) +
         "\n"
         "  port: 7401\n"
         "\n"
         "# Friends, each by the URL that `shoal status` prints there; one primary, one "
         "secondary.\n"
         "# friends:\n"
         "#   - url: shoal://KEY@host:7401\n"
         "#     role: primary\n"
         "\n"
         "# A directory introduces peers; searches work without it.\n"
         "# directory:\n"
         "#   url: http://127.0.0.1:7400\n"
         "\n"
         "# What this peer gives at most, in all and to each friend.\n"
         "# upload:\n"
         "#   rate: 2MB/s\n"
         "#   rate_per_friend: 500KB/s\n"
         "\n"
         "# Folders to share; `shoal share FOLDER` adds more.\n"
         "# shares:\n"
         "#   - ~/Public\n";
}

}  // namespace shoal::config
