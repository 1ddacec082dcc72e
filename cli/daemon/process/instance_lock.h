// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include "proto/types/result.h"

namespace shoal::daemon {

/// Makes `path` and its parents; what is made is 0700. Errors: kIo.
Result<void> make_private_folder(const std::string& path);

/// Keeps a second shoald away from the same files, for as long as it lives; a crash gives it back.
class InstanceLock {
 public:
  /// Errors: kConflict (one runs already; its pid is named), kIo.
  static Result<InstanceLock> take(const std::string& folder);
  InstanceLock(InstanceLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  InstanceLock& operator=(InstanceLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~InstanceLock();

 private:
  explicit InstanceLock(int fd) : fd_(fd) {}
  int fd_;
};

/// The token of the REST server on TCP, made anew with every start: 0600 in `path`. Errors: kIo.
Result<std::string> write_token(const std::string& path);

}  // namespace shoal::daemon
