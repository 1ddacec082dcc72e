// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace shoal::daemon {

/// Lets a few things go on at once; the others wait for their turn, in the order in which they
/// came. Any thread.
class Turns : public std::enable_shared_from_this<Turns> {
 public:
  /// Ends the turn: to be called once, by any thread, also when there are no turns any more.
  using Done = std::function<void()>;
  /// Begins what goes on until it calls `done`, which it must not do from within.
  using Begin = std::function<void(Done done)>;

  /// `at_once` is at least 1.
  Turns(std::size_t at_once, std::size_t waiting_max)
      : at_once_(at_once), waiting_max_(waiting_max) {}

  /// False: too many wait, or one for the same `what` does, or close() was called; it will not
  /// begin.
  bool take(std::string what, Begin begin);
  /// Nothing begins any more once this has returned.
  void close();

 private:
  void ended();
  /// Requires the mutex, which makes close() wait.
  void go(const Begin& begin);

  struct Waiting {
    std::string what;
    Begin begin;
  };

  const std::size_t at_once_;
  const std::size_t waiting_max_;
  std::mutex mutex_;  ///< guards what follows
  std::size_t running_ = 0;
  std::deque<Waiting> waiting_;
  bool closed_ = false;
};

}  // namespace shoal::daemon
