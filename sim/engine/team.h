// SPDX-License-Identifier: Apache-2.0
// Threads that do one job together, again and again. Internal to this folder.
#pragma once

#include <atomic>
#include <barrier>
#include <cstdint>
#include <functional>
#include <latch>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace shoal::sim {

/// The caller's thread and as many more as are wanted, or as the system grants. They sleep between
/// jobs.
class Team {
 public:
  /// Requires members >= 1.
  explicit Team(unsigned members);
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;
  ~Team();

  /// Calls `job(member, part)` once for each part, every part on one of the members' threads. A
  /// member begins with its own share of neighbouring parts and then helps the others.
  void work(std::uint32_t parts, const std::function<void(unsigned, std::uint32_t)>& job);

 private:
  struct alignas(64) Share {
    std::atomic<std::uint32_t> next{0};
    std::uint32_t end = 0;
  };

  void take_part(unsigned member);
  void serve(unsigned member);

  std::latch counted_{1};  ///< until then it is not known how many they are
  unsigned members_ = 1;
  std::unique_ptr<Share[]> shares_;
  const std::function<void(unsigned, std::uint32_t)>* job_ = nullptr;
  bool over_ = false;
  std::optional<std::barrier<>> begin_;
  std::optional<std::barrier<>> end_;
  std::vector<std::jthread> threads_;  // the last member: they use the others
};

}  // namespace shoal::sim
