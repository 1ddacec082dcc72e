// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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
  std::string data;   ///< folder; empty: below the user's home, and there is none
  std::string store;  ///< URL of a PostgreSQL database; empty: directory.db in `data`
  std::vector<std::string> hosts;
  std::vector<std::string> proxies;  ///< numeric addresses of balancers of ours
  std::chrono::milliseconds lease = limits::kLeaseTime;
  bool index = true;  ///< takes the files of peers that publish them, and is searched
  std::string log = "info";
  friend bool operator==(const Config&, const Config&) = default;
};

/// "host:port" or "[v6]:port" with a numeric host. Errors: kInvalidArgument.
Result<Listen> parse_listen(std::string_view text);

/// "postgresql://..." or "postgres://...". Errors: kInvalidArgument.
Result<std::string> parse_store(const std::string& text);

/// Looks a variable up; none when it is not set.
using Environment = std::function<std::optional<std::string>(const char* name)>;
/// The one of this process.
Environment process_environment();

struct LoadInputs {
  std::string file;  ///< of --config; empty: SHOAL_DIRECTORY_CONFIG, or directory.yaml of the user
  Environment environment;
  std::vector<std::pair<std::string, std::string>> flags;  ///< key and value, from --set
  std::string system_file = "/etc/shoal/directory.yaml";
};

/// Flags before SHOAL_* before the user's file before the system's before what is built in. A list
/// in the environment or a flag is written as in YAML: SHOAL_HOSTS='[one.example, two.example]'.
/// Errors: kConfig, with file, line and column, and what is meant instead of an unknown key.
Result<Config> load(const LoadInputs& inputs);

/// The settings in `text`, over the built-in ones; `file` is named in errors. Errors: as load().
Result<Config> load_text(std::string_view text, const std::string& file);

/// Names of all settings.
std::vector<std::string> keys();
/// The variable that sets `key`: SHOAL_LISTEN.
std::string variable_of(std::string_view key);

}  // namespace shoal::bootstrap
