// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <thread>
#include <vector>

#include "proto/asio.h"

namespace shoal::tests {

/// An io_context that runs on threads of its own until this goes.
class Threads {
 public:
  explicit Threads(unsigned count = 2) : work_(context_.get_executor()) {
    for (unsigned i = 0; i < count; ++i) {
      threads_.emplace_back([this] { context_.run(); });
    }
  }
  ~Threads() {
    work_.reset();
    context_.stop();
    for (std::thread& thread : threads_) thread.join();
  }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

  boost::asio::io_context& context() { return context_; }
  boost::asio::any_io_executor executor() { return context_.get_executor(); }

 private:
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::vector<std::thread> threads_;
};

}  // namespace shoal::tests
