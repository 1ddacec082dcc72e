// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <thread>
#include <utility>
#include <vector>

#include "proto/asio.h"

namespace shoal::daemon {

/// Where a part of the daemon does what; as Threads has them.
struct Executors {
  boost::asio::any_io_executor io;
  boost::asio::any_io_executor disk;
  boost::asio::any_io_executor background;
  boost::asio::any_io_executor streams;
};

/// All threads of a daemon, by what they may do. Hosts are given executors and own none.
class Threads {
 public:
  Threads();
  ~Threads() { join(); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

  /// Sockets, links, timers: never blocks.
  boost::asio::any_io_executor io() { return io_.get_executor(); }
  /// Bytes of files on their way: encrypted and decrypted here, so that no link waits for them.
  boost::asio::any_io_executor streams() { return streams_.get_executor(); }
  /// Small REST answers and look-ups in the catalogue.
  boost::asio::any_io_executor workers() { return workers_.get_executor(); }
  /// Hashes and files of transfers.
  boost::asio::any_io_executor disk() { return disk_.get_executor(); }
  /// Contents of shares that are hashed, beside the background thread that scans.
  boost::asio::any_io_executor hashing() { return hashing_.get_executor(); }
  static unsigned hashing_threads();
  /// What may take seconds: the directory, scans, resuming.
  boost::asio::any_io_executor background() { return background_.get_executor(); }

  Executors executors() { return {io(), disk(), background(), streams()}; }

  /// A thread of its own for what blocks as long as it works.
  void run(std::function<void()> work) { own_.emplace_back(std::move(work)); }

  /// Lets all finish what they do and ends them. What hosts still have to do must be stopped first.
  /// Idempotent.
  void join();

 private:
  using Guard = boost::asio::executor_work_guard<boost::asio::io_context::executor_type>;
  boost::asio::io_context io_;
  boost::asio::io_context streams_;
  std::vector<Guard> work_;
  std::vector<std::thread> io_threads_;
  std::vector<std::thread> own_;
  boost::asio::thread_pool workers_;
  boost::asio::thread_pool disk_;
  boost::asio::thread_pool hashing_;
  boost::asio::thread_pool background_;
};

}  // namespace shoal::daemon
