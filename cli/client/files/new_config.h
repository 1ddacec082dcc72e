// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "proto/types/result.h"

namespace shoal::client {

struct NewFriend {
  std::string url;
  std::string role;
};

struct NewConfig {
  std::string name;
  std::string listen = "127.0.0.1";  ///< an address of this machine
  std::string directory;             ///< "" has none
  std::vector<NewFriend> friends;
};

/// The text of a first configuration file, with remarks, that says this.
std::string new_config(const NewConfig& config);

/// Writes a file that must not be there yet, with its folders (0700); the file is 0600.
/// Errors: kConflict (it is there), kIo, kNoSpace.
Result<void> write_new(const std::string& path, const std::string& text);

}  // namespace shoal::client
