// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "proto/types/result.h"

namespace shoal::client {

/// What is kept of a login at a directory.
struct KeptSession {
  std::string url;
  std::string user;
  std::string token;
  std::string expires_at;  ///< as the directory wrote it
};

/// None when there is none, or nothing that can be read as one.
/// Errors: kDenied (others can read it: it is not used), kIo.
Result<std::optional<KeptSession>> read_session(const std::string& file);
/// 0600, whole or not at all. Errors: kIo, kNoSpace.
Result<void> write_session(const std::string& file, const KeptSession& session);
/// Errors: kIo.
Result<void> remove_session(const std::string& file);

}  // namespace shoal::client
