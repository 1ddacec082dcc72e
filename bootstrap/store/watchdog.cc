// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/store/watchdog.h"

#include <sys/socket.h>

namespace shoal::bootstrap {

Watchdog::Watchdog() : thread_([this] { run(); }) {}

Watchdog::~Watchdog() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Watchdog::Watch::Watch(Watchdog& dog, int socket, std::chrono::milliseconds time) : dog_(dog) {
  {
    const std::scoped_lock lock(dog_.mutex_);
    dog_.socket_ = socket;
    dog_.until_ = std::chrono::steady_clock::now() + time;
  }
  dog_.changed_.notify_all();
}

Watchdog::Watch::~Watch() {
  const std::scoped_lock lock(dog_.mutex_);
  dog_.socket_ = -1;  // the thread sees that when it wakes up
}

bool Watchdog::bit() const {
  const std::scoped_lock lock(mutex_);
  return bit_;
}

void Watchdog::forget() {
  const std::scoped_lock lock(mutex_);
  bit_ = false;
}

void Watchdog::run() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    if (socket_ < 0) {
      changed_.wait(lock);
    } else if (std::chrono::steady_clock::now() < until_) {
      changed_.wait_until(lock, until_);
    } else {
      ::shutdown(socket_, SHUT_RDWR);
      socket_ = -1;
      bit_ = true;
    }
  }
}

}  // namespace shoal::bootstrap
