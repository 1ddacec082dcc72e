// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "proto/types/result.h"

namespace shoal::http {

/// The place of a Unix socket: its folder checked, and a lock beside it held, so that of two
/// processes that start at once only one replaces what a crash left.
class UnixPlace {
 public:
  /// Makes the folder (0700, with its parents), takes "<path>.lock", and removes a socket that
  /// nobody answers. Errors as Server::listen_unix.
  static Result<UnixPlace> take(const std::string& path);

  UnixPlace(UnixPlace&& other) noexcept;
  UnixPlace& operator=(UnixPlace&& other) noexcept;
  /// Removes the socket and gives the lock back.
  ~UnixPlace();

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  UnixPlace(std::string path, int lock_fd) : path_(std::move(path)), lock_fd_(lock_fd) {}

  std::string path_;
  int lock_fd_ = -1;
};

}  // namespace shoal::http
