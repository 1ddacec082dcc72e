// SPDX-License-Identifier: Apache-2.0
#include "tests/wire/attack/crowd.h"

#include <sys/resource.h>

#include <algorithm>
#include <utility>

namespace shoal::attack {

Honest::Honest(const Victim& victim) : victim_(victim), thread_([this] { run(); }) {}

Honest::~Honest() { finish(); }

void Honest::run() {
  const std::string request = victim_.honest_head() + "Connection: close\r\n\r\n";
  while (!ending_) {
    const auto began = Clock::now();
    Caller caller(victim_.target());
    caller.say(request);
    const std::string answer = caller.hear();
    times_.push_back(Clock::now() - began);
    if (status_of(answer) == 200 && answer.ends_with('}')) {
      ++answered_;
    } else {
      if (failed_ == 0) failure_ = answer.empty() ? "nothing" : answer;
      ++failed_;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

void Honest::goes_on(std::size_t times) {
  const std::size_t enough = answered_ + times;
  EXPECT_TRUE(daemon::soon([&] { return answered_ >= enough; }, std::chrono::seconds(10)));
}

std::vector<Honest::Clock::duration> Honest::finish() {
  ending_ = true;
  if (thread_.joinable()) thread_.join();
  return std::exchange(times_, {});
}

std::string Honest::first_failure() const { return failed_ == 0 ? "" : failure_; }

std::chrono::microseconds p99(std::vector<Honest::Clock::duration> times) {
  std::ranges::sort(times);
  return std::chrono::duration_cast<std::chrono::microseconds>(times[times.size() * 99 / 100]);
}

std::vector<Caller> crowd(const Victim& victim, std::size_t count, int reads) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  std::vector<Caller> callers;
  callers.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    Caller caller(victim.target(), victim.attackers(), reads);
    if (caller.connected()) callers.push_back(std::move(caller));
  }
  return callers;
}

}  // namespace shoal::attack
