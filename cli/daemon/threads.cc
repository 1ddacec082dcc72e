// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/threads.h"

namespace shoal::daemon {
namespace {

constexpr unsigned kIoThreads = 2;
constexpr unsigned kWorkers = 4;
constexpr unsigned kDiskThreads = 3;
constexpr unsigned kBackgroundThreads = 4;

}  // namespace

Threads::Threads()
    : io_(static_cast<int>(kIoThreads)),
      work_(boost::asio::make_work_guard(io_)),
      workers_(kWorkers),
      disk_(kDiskThreads),
      background_(kBackgroundThreads) {
  for (unsigned at = 0; at < kIoThreads; ++at) {
    io_threads_.emplace_back([this] { io_.run(); });
  }
}

void Threads::join() {
  background_.join();
  disk_.join();
  workers_.join();
  work_.reset();
  io_.stop();
  for (auto& thread : io_threads_) thread.join();
  io_threads_.clear();
}

}  // namespace shoal::daemon
