// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "proto/http/rest_client.h"
#include "proto/types/result.h"

namespace shoal::http {

/// A connected stream socket with deadlines: every wait ends at one, or when `cancel` turns true.
class PlainSocket {
 public:
  using Clock = std::chrono::steady_clock;

  /// Tries each address of the target in turn. `cancel` may be null and must outlive the socket.
  /// Errors: kUnreachable (nobody listens, no such host, no permission), kTimeout, kCancelled.
  static Result<PlainSocket> connect(const Target& target, Clock::time_point deadline,
                                     const std::atomic<bool>* cancel);
  PlainSocket(PlainSocket&& other) noexcept;
  PlainSocket& operator=(PlainSocket&&) = delete;
  ~PlainSocket();

  /// Sends all. A connection that was closed meanwhile is no error here: the answer may be waiting.
  Result<void> write(std::string_view bytes, Clock::time_point deadline);
  /// At least one byte, or 0 at the end of the connection.
  Result<std::size_t> read(char* to, std::size_t size, Clock::time_point deadline);

 private:
  PlainSocket(int fd, const std::atomic<bool>* cancel) : fd_(fd), cancel_(cancel) {}
  Result<void> wait(short events, Clock::time_point deadline);

  int fd_;
  const std::atomic<bool>* cancel_;
};

}  // namespace shoal::http
