// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proto/types/limits.h"
#include "proto/types/result.h"

namespace shoal::bootstrap {

/// Where to listen: a numeric address and a port; 0: the kernel's choice.
struct Listen {
  std::string address = "127.0.0.1";
  std::uint16_t port = 7400;
  friend bool operator==(const Listen&, const Listen&) = default;
};

/// What shoal-directory is told; configs/directory.yaml says what each means.
struct Config {
  Listen listen;
  std::string data;   ///< folder; empty: default_data()
  std::string store;  ///< URL of a PostgreSQL database; empty: directory.db in `data`
  std::vector<std::string> hosts;
  std::vector<std::string> proxies;  ///< numeric addresses of balancers of ours
  std::chrono::milliseconds lease = limits::kLeaseTime;
  bool index = true;  ///< takes the files of peers that publish them, and is searched
  std::string log = "info";
};

/// "host:port" or "[v6]:port" with a numeric host. Errors: kInvalidArgument.
Result<Listen> parse_listen(std::string_view text);

/// "postgresql://..." or "postgres://...". Errors: kInvalidArgument.
Result<std::string> parse_store(const std::string& text);

/// The configuration in a YAML text; `file` is its name in errors. Strict: an unknown or repeated
/// key and a bad value are kConfig with file:line:column.
Result<Config> parse_config(const std::string& text, const std::string& file);
/// Errors: kConfig (as above, unreadable, or longer than limits::kConfigBytes).
Result<Config> load_config(const std::string& file);

/// ~/.local/share/shoal-directory, or where XDG_DATA_HOME says; empty when there is no HOME.
std::string default_data();

}  // namespace shoal::bootstrap
