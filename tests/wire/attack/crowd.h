// SPDX-License-Identifier: Apache-2.0
// Many callers at once, and an honest one among them.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

#include "tests/wire/attack/victim.h"

namespace shoal::attack {

/// Asks the same honest request again and again, each time over a connection of its own.
class Honest {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Honest(const Victim& victim);
  ~Honest();
  Honest(const Honest&) = delete;
  Honest& operator=(const Honest&) = delete;

  /// Waits until it was answered `times` more, or 10 s went by.
  void goes_on(std::size_t times);
  /// Ends it, and returns how long its answers took, in the order of time.
  std::vector<Clock::duration> finish();
  /// Answers that were not 200; 0 is what an honest client wants.
  [[nodiscard]] std::size_t failed() const { return failed_; }
  /// What the first of those was.
  [[nodiscard]] std::string first_failure() const;

 private:
  void run();
  const Victim& victim_;
  std::atomic<bool> ending_ = false;
  std::atomic<std::size_t> answered_ = 0;
  std::atomic<std::size_t> failed_ = 0;
  std::string failure_;  // written by the thread before failed_ is raised
  std::vector<Clock::duration> times_;
  std::thread thread_;
};

/// The time that 99 of 100 stay below. Requires one.
std::chrono::microseconds p99(std::vector<Honest::Clock::duration> times);

/// `count` connections; those that could not be made are left out.
std::vector<Caller> crowd(const Victim& victim, std::size_t count, int reads = 0);

}  // namespace shoal::attack
