// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace shoal::bootstrap {

/// What is kept of a password instead of it. Any thread.
class PasswordHasher {
 public:
  PasswordHasher() = default;
  PasswordHasher(const PasswordHasher&) = delete;
  PasswordHasher& operator=(const PasswordHasher&) = delete;
  virtual ~PasswordHasher() = default;

  /// Empty when the memory for it is missing.
  virtual std::string hash(std::string_view password) = 0;
  /// As long as hash() takes, whatever the answer is.
  virtual bool matches(const std::string& hash, std::string_view password) = 0;
};

/// Argon2id (RFC 9106) by libsodium, 64 MiB and two passes: about 90 ms.
std::unique_ptr<PasswordHasher> argon2id();

}  // namespace shoal::bootstrap
