// SPDX-License-Identifier: Apache-2.0
// One request for a content, as a client sees its answer.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>

#include "proto/http/plain_socket.h"
#include "tests/wire/daemon/daemon_process.h"

namespace shoal::daemon {

struct Got {
  int status = 0;
  std::string head;  ///< in lower case
  std::string body;

  [[nodiscard]] bool has(const std::string& line) const {
    return head.find("\r\n" + line + "\r\n") != std::string::npos;
  }
};

/// One request over the peer's socket; the connection is closed by the answer's end. `on_head`:
/// once, when the answer's head is there.
inline Got ask(const Peer& peer, const std::string& method, const std::string& content,
               const std::string& headers = "", const std::function<void()>& on_head = {}) {
  Got got;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  auto socket = http::PlainSocket::connect({"", 0, peer.socket()}, until, nullptr);
  EXPECT_TRUE(socket);
  if (!socket) return got;
  EXPECT_TRUE(socket->write(method + " /v1/files/" + content +
                                "/content HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n",
                            until));
  std::string all;
  std::string buffer(1 << 16, '\0');
  bool headed = false;
  for (;;) {
    const auto count = socket->read(buffer.data(), buffer.size(), until);
    if (!count || *count == 0) break;
    all.append(buffer, 0, *count);
    if (headed || all.find("\r\n\r\n") == std::string::npos) continue;
    headed = true;
    if (on_head) on_head();
  }
  const auto end = all.find("\r\n\r\n");
  if (end == std::string::npos) return got;
  got.head = all.substr(0, end + 2);
  got.body = all.substr(end + 4);
  std::ranges::transform(got.head, got.head.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  if (got.head.size() > 12) got.status = std::stoi(got.head.substr(9, 3));
  return got;
}

}  // namespace shoal::daemon
