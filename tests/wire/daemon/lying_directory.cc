// SPDX-License-Identifier: Apache-2.0
#include "tests/wire/daemon/lying_directory.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

namespace shoal::daemon {

LyingDirectory::LyingDirectory(const std::string& url, Bend bend)
    : real_(http::Target::parse(url).value_or(http::Target{"127.0.0.1", 1, {}})),
      bend_(std::move(bend)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(::bind(listener_, any, size), 0);
  EXPECT_EQ(::listen(listener_, 16), 0);
  EXPECT_EQ(::getsockname(listener_, any, &size), 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] {
    while (!stopped_) {
      pollfd waiting{listener_, POLLIN, 0};
      if (::poll(&waiting, 1, 20) <= 0) continue;
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) continue;
      serve(socket);
      ::close(socket);
    }
  });
}

LyingDirectory::~LyingDirectory() {
  stopped_ = true;
  thread_.join();
  ::close(listener_);
}

void LyingDirectory::serve(int socket) {
  std::string heard;
  std::size_t body_at = std::string::npos;
  std::size_t length = 0;
  while (body_at == std::string::npos || heard.size() < body_at + length) {
    char some[4096];
    const ssize_t got = ::recv(socket, some, sizeof some, 0);
    if (got <= 0) return;
    heard.append(some, static_cast<std::size_t>(got));
    if (body_at != std::string::npos) continue;
    const auto end = heard.find("\r\n\r\n");
    if (end == std::string::npos) continue;
    body_at = end + 4;
    const auto field = heard.find("Content-Length: ");
    if (field < end) length = std::strtoul(heard.c_str() + field + 16, nullptr, 10);
  }
  const auto blank = heard.find(' ');
  const std::string method = heard.substr(0, blank);
  const std::string path = heard.substr(blank + 1, heard.find(' ', blank + 1) - blank - 1);
  auto answer = real_.send(method, path, heard.substr(body_at));
  if (!answer) return;
  if (path.starts_with("/v1/search")) bend_(answer->body);
  const std::string said = "HTTP/1.1 " + std::to_string(answer->status) +
                           " OK\r\nContent-Type: " + answer->content_type +
                           "\r\nContent-Length: " + std::to_string(answer->body.size()) +
                           "\r\nConnection: close\r\n\r\n" + answer->body;
  for (std::size_t at = 0; at < said.size();) {
    const ssize_t sent = ::send(socket, said.data() + at, said.size() - at, MSG_NOSIGNAL);
    if (sent <= 0) return;
    at += static_cast<std::size_t>(sent);
  }
}

}  // namespace shoal::daemon
