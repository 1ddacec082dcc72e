// SPDX-License-Identifier: Apache-2.0
// A daemon made of recorded answers behind the real REST server, and the client run against it.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "cli/client/app.h"
#include "proto/asio.h"
#include "proto/http/server.h"
#include "tests/support/has.h"
#include "tests/support/temp_folder.h"

namespace shoal::client {

using tests::has;

class FakeDaemon {
 public:
  using Lines = std::vector<std::string>;

  FakeDaemon() = default;
  ~FakeDaemon() {
    if (server_) server_->stop();
    workers_.join();
    work_.reset();
    io_.stop();
    if (runner_.joinable()) runner_.join();
  }
  FakeDaemon(const FakeDaemon&) = delete;
  FakeDaemon& operator=(const FakeDaemon&) = delete;

  FakeDaemon& answer(std::string_view method, std::string_view path, std::string body,
                     int status = 200) {
    router_.add(method, path, [this, body, status](const http::Request& in) {
      note(in);
      return Result<http::Response>(http::Response::json(body, status));
    });
    return *this;
  }
  FakeDaemon& refuse(std::string_view method, std::string_view path, Error error) {
    router_.add(method, path, [this, error](const http::Request& in) -> Result<http::Response> {
      note(in);
      return tl::unexpected(error);
    });
    return *this;
  }
  /// Writes the lines; with `hold` it then stays silent until the client is gone.
  FakeDaemon& stream(std::string_view method, std::string_view path, Lines lines,
                     bool hold = false) {
    router_.add_stream(
        method, path,
        [this, lines, hold](const http::Request& in, http::StreamWriter& out) -> Result<void> {
          note(in);
          out.open();
          for (const auto& line : lines) out.write(line);
          sent_ = true;
          sent_.notify_all();
          while (hold && !out.wait(std::chrono::milliseconds(20))) continue;
          return {};
        });
    return *this;
  }
  /// Call after the answers are set.
  void start() {
    server_ = std::make_unique<http::Server>(io_.get_executor(), workers_.get_executor(),
                                             std::move(router_));
    const auto listening = server_->listen_unix(socket());
    ASSERT_TRUE(listening) << listening.error().what << ": " << listening.error().why;
    runner_ = std::thread([this] { io_.run(); });
  }
  /// By TCP, too; after start(). Returns the URL.
  std::string url() {
    const auto port = server_->listen_tcp("127.0.0.1", 0);
    EXPECT_TRUE(port);
    return "http://127.0.0.1:" + std::to_string(port.value_or(1));
  }

  [[nodiscard]] std::string socket() const { return folder_ / "run/shoald.sock"; }
  [[nodiscard]] std::string folder() const { return folder_.path(); }
  /// "POST /v1/searches {...}" of each request so far.
  std::vector<std::string> heard() {
    const std::scoped_lock lock(mutex_);
    return heard_;
  }
  /// Returns once a stream's lines were written.
  void await_stream() { sent_.wait(false); }

 private:
  void note(const http::Request& in) {
    std::string text = in.method + " " + in.path;
    for (const auto& [name, value] : in.query) text += " " + name + "=" + value;
    if (!in.body.empty()) text += " " + in.body;
    const std::scoped_lock lock(mutex_);
    heard_.push_back(text);
  }

  const tests::TempFolder folder_;
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      io_.get_executor()};
  boost::asio::thread_pool workers_{2};
  http::Router router_;
  std::unique_ptr<http::Server> server_;
  std::thread runner_;
  std::mutex mutex_;
  std::vector<std::string> heard_;
  std::atomic<bool> sent_ = false;
};

struct Outcome {
  int code = -1;
  std::string out;
  std::string err;
};

enum class Where { kPipe, kTerminal };

/// Runs the client as a process would run, with the fake's folder as --home and its socket.
class Shell {
 public:
  explicit Shell(const FakeDaemon& daemon) : Shell(daemon, daemon.socket()) {}
  Shell(const FakeDaemon& daemon, std::string socket)
      : home_(daemon.folder()), socket_(std::move(socket)) {}

  Outcome run(std::vector<std::string> words, Where where = Where::kPipe) {
    std::ostringstream out;
    std::ostringstream err;
    World world;
    const auto env = env_;
    world.env = [env](const char* name) -> std::optional<std::string> {
      const auto found = env.find(name);
      if (found == env.end()) return std::nullopt;
      return found->second;
    };
    world.out = &out;
    world.err = &err;
    world.out_is_tty = world.err_is_tty = where == Where::kTerminal;
    world.columns = 100;
    world.stop = &stop;
    world.programs = home_ + "/bin";
    words.insert(words.begin() + std::min<long>(1, static_cast<long>(words.size())),
                 {"--home", home_, "--socket", socket_});
    const int code = client::run(world, words);
    return {code, out.str(), err.str()};
  }
  Shell& with(const std::string& name, const std::string& value) {
    env_[name] = value;
    return *this;
  }
  std::atomic<bool> stop = false;

 private:
  std::string home_;
  std::string socket_;
  std::map<std::string, std::string> env_{{"HOME", "/nowhere"}, {"LANG", "C.UTF-8"}};
};

// ---- recorded answers
// ----------------------------------------------------------------------------

inline const std::string kContentA = std::string(64, 'a') + "-1048576";
inline const std::string kContentB = std::string(64, 'b') + "-200";
inline const std::string kQuery = "00112233445566778899aabbccddeeff";

/// The text of a peer id with every byte `byte`.
std::string peer_text(unsigned char byte);
std::string hit_line(const std::string& content, const std::string& name, unsigned char holder,
                     const std::string& holder_name, int hops, int t_ms = 12);

struct HopWords {
  std::string name;
  std::string role;
  std::string state;
  int since_ms = -1;  ///< -1: not known
  std::string why = {};
};
/// A report: peers_by_hop from hop 1 on.
std::string report_line(const std::vector<int>& peers, const std::vector<HopWords>& hops, int hits,
                        bool complete = true, const std::string& ended = "answered", int ttl = 5);

}  // namespace shoal::client
