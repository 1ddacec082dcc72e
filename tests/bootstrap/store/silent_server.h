// SPDX-License-Identifier: Apache-2.0
// A cable to a PostgreSQL that can stop passing anything, as a server that hangs.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <string>
#include <thread>
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
    const sockaddr_un place = place_in(folder_.path());
    ::bind(listener_, reinterpret_cast<const sockaddr*>(&place), sizeof place);
    ::listen(listener_, 64);
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

 private:
  struct Pair {
    int caller = -1;
    int server = -1;
  };

  static sockaddr_un place_in(const std::string& folder) {
    sockaddr_un place{};
    place.sun_family = AF_UNIX;
    const std::string path = folder + "/.s.PGSQL.5432";
    std::memcpy(place.sun_path, path.c_str(), path.size() + 1);
    return place;
  }
  static void hang_up(const Pair& pair) {
    ::close(pair.caller);
    ::close(pair.server);
  }
  // False when that end has hung up.
  static bool pass(int from, int to) {
    char bytes[16 * 1024];
    const ssize_t got = ::recv(from, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got <= 0) return got < 0 && errno == EAGAIN;
    return ::send(to, bytes, static_cast<std::size_t>(got), MSG_NOSIGNAL) == got;
  }

  void take() {
    Pair pair{::accept(listener_, nullptr, nullptr), ::socket(AF_UNIX, SOCK_STREAM, 0)};
    const sockaddr_un place = place_in(target_);
    ::connect(pair.server, reinterpret_cast<const sockaddr*>(&place), sizeof place);
    pairs_.push_back(pair);
  }

  void run() {
    while (!ending_) {
      pollfd incoming{listener_, POLLIN, 0};
      if (::poll(&incoming, 1, 2) > 0) take();
      if (silent_) continue;
      std::erase_if(pairs_, [](const Pair& pair) {
        if (pass(pair.caller, pair.server) && pass(pair.server, pair.caller)) return false;
        hang_up(pair);
        return true;
      });
    }
  }

  const std::string target_;
  const tests::TempFolder folder_;
  int listener_ = -1;
  std::atomic<bool> silent_ = false;
  std::atomic<bool> ending_ = false;
  std::vector<Pair> pairs_;
  std::thread thread_;
};

}  // namespace shoal::bootstrap
