// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include "proto/asio.h"
#include "proto/http/plain_socket.h"
#include "proto/http/rest_client.h"
#include "proto/http/server.h"
#include "tests/support/temp_folder.h"

namespace shoal::http {

/// A server with its threads, on a port of the kernel's.
class HttpWorld {
 public:
  explicit HttpWorld(Router router, ServerOptions options = {})
      : server(io_.get_executor(), workers_.get_executor(), std::move(router), std::move(options)),
        runner_([this] { io_.run(); }) {}
  ~HttpWorld() {
    server.stop();
    workers_.join();
    work_.reset();
    io_.stop();
    runner_.join();
  }
  HttpWorld(const HttpWorld&) = delete;
  HttpWorld& operator=(const HttpWorld&) = delete;

  Target listen() {
    const auto port = server.listen_tcp("127.0.0.1", 0);
    EXPECT_TRUE(port);
    return {"127.0.0.1", port.value_or(1), {}};
  }
  boost::asio::io_context& io() { return io_; }

 private:
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      io_.get_executor()};
  boost::asio::thread_pool workers_{2};

 public:
  Server server;

 private:
  std::thread runner_;
};

/// Whether that comes true before so long a time is over that it never will.
template <class Condition>
bool soon(const Condition& condition) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

/// A connection that says what it wants.
class RawClient {
 public:
  using Clock = std::chrono::steady_clock;

  explicit RawClient(const Target& target)
      : socket_(PlainSocket::connect(target, Clock::now() + std::chrono::seconds(5), nullptr)) {
    EXPECT_TRUE(socket_);
  }
  void say(std::string_view bytes) {
    EXPECT_TRUE(socket_->write(bytes, Clock::now() + std::chrono::seconds(5)));
  }
  /// What comes until the other end closes, or `enough` is in it, or the time is over.
  std::string hear(std::string_view enough = "\x01never",
                   std::chrono::milliseconds time = std::chrono::seconds(10)) {
    const auto until = Clock::now() + time;
    std::string heard;
    std::array<char, 4096> buffer{};
    while (heard.find(enough) == std::string::npos) {
      const auto count = socket_->read(buffer.data(), buffer.size(), until);
      if (!count || *count == 0) {
        closed = count.has_value() || count.error().code != Errc::kTimeout;
        return heard;
      }
      heard.append(buffer.data(), *count);
    }
    return heard;
  }
  bool closed = false;  ///< the other end closed, seen by the last hear()

 private:
  Result<PlainSocket> socket_;
};

using tests::TempFolder;

}  // namespace shoal::http
