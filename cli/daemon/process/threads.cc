// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/process/threads.h"

#include <algorithm>

#include "proto/types/limits_library.h"

namespace shoal::daemon {
namespace {

constexpr unsigned kIoThreads = 2;
constexpr unsigned kStreamThreads = 2;
constexpr unsigned kWorkers = 4;
constexpr unsigned kDiskThreads = 4;
constexpr unsigned kBackgroundThreads = 4;

}  // namespace

Threads::Threads()
    : io_(static_cast<int>(kIoThreads)),
      streams_(static_cast<int>(kStreamThreads)),
      workers_(kWorkers),
      disk_(kDiskThreads),
      hashing_(hashing_threads()),
      background_(kBackgroundThreads) {
  const auto run_on = [this](boost::asio::io_context& context, unsigned threads) {
    work_.push_back(boost::asio::make_work_guard(context));
    for (unsigned at = 0; at < threads; ++at) {
      io_threads_.emplace_back([&context] { context.run(); });
    }
  };
  run_on(io_, kIoThreads);
  run_on(streams_, kStreamThreads);
}

// The scanning thread works along.
unsigned Threads::hashing_threads() {
  return std::clamp(std::thread::hardware_concurrency(), 2U, limits::kHashThreads) - 1;
}

void Threads::join() {
  for (auto& thread : own_) thread.join();
  own_.clear();
  background_.join();
  hashing_.join();
  disk_.join();
  workers_.join();
  work_.clear();
  io_.stop();
  streams_.stop();
  for (auto& thread : io_threads_) thread.join();
  io_threads_.clear();
}

}  // namespace shoal::daemon
