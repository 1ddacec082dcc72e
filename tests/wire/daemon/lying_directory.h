// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "proto/http/rest_client.h"

namespace shoal::daemon {

/// Stands before a real directory and passes on what is asked of it, but bends its answers to
/// searches. One request after the other.
class LyingDirectory {
 public:
  /// `bend` changes the body of an answer.
  using Bend = std::function<void(std::string& body)>;
  LyingDirectory(const std::string& url, Bend bend);
  ~LyingDirectory();
  LyingDirectory(const LyingDirectory&) = delete;
  LyingDirectory& operator=(const LyingDirectory&) = delete;

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  void serve(int socket);

  const http::RestClient real_;
  const Bend bend_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopped_ = false;
  std::thread thread_;
};

}  // namespace shoal::daemon
