// SPDX-License-Identifier: Apache-2.0
// A cable to a PostgreSQL that can stop passing anything, as a server that hangs.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/temp_folder.h"

namespace shoal::bootstrap {

/// Listens in a folder of its own, where libpq looks for a server, and passes bytes between each
/// caller and the server whose folder is given. While it is silent, it takes connections and bytes
/// and answers nothing.
class SilentServer {
 public:
  explicit SilentServer(std::string target_folder) : target_(std::move(target_folder)) {
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_GE(listener_, 0);
    const sockaddr_un place = place_in(folder_.path());
    EXPECT_EQ(::bind(listener_, reinterpret_cast<const sockaddr*>(&place), sizeof place), 0);
    EXPECT_EQ(::listen(listener_, 64), 0);
    thread_ = std::thread([this] { run(); });
  }
  ~SilentServer() {
    ending_ = true;
    thread_.join();
    ::close(listener_);
    for (const Pair& pair : pairs_) hang_up(pair);
  }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;

  [[nodiscard]] std::string folder() const { return folder_.path(); }
  void silent(bool now) { silent_ = now; }
  /// Silent from the end of the answer on that has this in it.
  void silent_after(std::string answer) {
    const std::scoped_lock lock(mutex_);
    last_answer_ = std::move(answer);
  }
  /// Each answer comes so much later.
  void slow(std::chrono::milliseconds delay) { delay_ms_ = static_cast<int>(delay.count()); }
  /// Who has connected so far.
  [[nodiscard]] int callers() const { return callers_; }

 private:
  struct Pair {
    int caller = -1;
    int server = -1;
  };
  enum class From { kCaller, kServer };

  static sockaddr_un place_in(const std::string& folder) {
    sockaddr_un place{};
    place.sun_family = AF_UNIX;
    const std::string path = folder + "/.s.PGSQL.5432";
    EXPECT_LT(path.size(), sizeof place.sun_path);
    path.copy(place.sun_path, sizeof place.sun_path - 1);
    return place;
  }
  static void hang_up(const Pair& pair) {
    ::close(pair.caller);
    ::close(pair.server);
  }
  // False when that end has hung up.
  bool pass(const Pair& pair, From from) {
    const bool answer = from == From::kServer;
    std::array<char, 16 * 1024> bytes{};
    const ssize_t got =
        ::recv(answer ? pair.server : pair.caller, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got <= 0) return got < 0 && errno == EAGAIN;
    const std::string_view passed(bytes.data(), static_cast<std::size_t>(got));
    if (answer && delay_ms_ > 0) ::poll(nullptr, 0, delay_ms_);
    if (answer && is_last(passed)) silent_ = true;
    return ::send(answer ? pair.caller : pair.server, passed.data(), passed.size(), MSG_NOSIGNAL) ==
           got;
  }
  bool is_last(std::string_view answer) {
    const std::scoped_lock lock(mutex_);
    const bool last = !last_answer_.empty() && answer.find(last_answer_) != std::string_view::npos;
    if (last) last_answer_.clear();
    return last;
  }

  void take() {
    Pair pair{::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC),
              ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    EXPECT_GE(pair.caller, 0);
    const sockaddr_un place = place_in(target_);
    EXPECT_EQ(::connect(pair.server, reinterpret_cast<const sockaddr*>(&place), sizeof place), 0);
    pairs_.push_back(pair);
    ++callers_;
  }

  void run() {
    while (!ending_) {
      pollfd incoming{listener_, POLLIN, 0};
      if (::poll(&incoming, 1, 2) > 0) take();
      if (silent_) continue;
      std::erase_if(pairs_, [this](const Pair& pair) {
        if (silent_ || (pass(pair, From::kCaller) && pass(pair, From::kServer))) return false;
        hang_up(pair);
        return true;
      });
    }
  }

  const std::string target_;
  const tests::TempFolder folder_{"/tmp"};  ///< a socket's path has to be short
  int listener_ = -1;
  std::atomic<bool> silent_ = false;
  std::atomic<bool> ending_ = false;
  std::atomic<int> delay_ms_ = 0;
  std::atomic<int> callers_ = 0;
  std::mutex mutex_;
  std::string last_answer_;  // guarded
  std::vector<Pair> pairs_;  // of the thread
  std::thread thread_;
};

}  // namespace shoal::bootstrap
