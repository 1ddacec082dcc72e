// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace shoal::bootstrap {

/// Ends waits on a socket whose other side says nothing: the library that waits has no time of its
/// own for that. A thread of its own shuts the socket down, and the wait fails as when the other
/// side had hung up.
class Watchdog {
 public:
  Watchdog();
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  /// Watches one socket for as long as it lives, which the socket must outlive. One at a time.
  class Watch {
   public:
    Watch(Watchdog& dog, int socket, std::chrono::milliseconds time);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    Watchdog& dog_;
  };

  /// Whether a watch ended its wait since this was last asked to forget that.
  [[nodiscard]] bool bit() const;
  void forget();

 private:
  void run();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int socket_ = -1;  // -1: nothing is watched
  std::chrono::steady_clock::time_point until_;
  bool bit_ = false;
  bool ending_ = false;
  std::thread thread_;  // the last member: it uses the others
};

}  // namespace shoal::bootstrap
