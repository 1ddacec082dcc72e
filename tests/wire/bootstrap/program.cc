// SPDX-License-Identifier: Apache-2.0
#include "tests/wire/bootstrap/program.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <thread>

#include "tests/support/child.h"

namespace shoal::bootstrap {

Program::Program(const std::vector<std::string>& arguments, const std::vector<std::string>& under) {
  std::vector<std::string> words = under;
  // A file of the developer's own is not read.
  words.insert(words.end(), {"env", "-u", "SHOAL_DIRECTORY_CONFIG", "XDG_CONFIG_HOME=/dev/null",
                             SHOAL_DIRECTORY_PROGRAM});
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const auto prepare = [&] {
    rlimit files{};  // what a careless shell gives
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = 200;
    ::setrlimit(RLIMIT_NOFILE, &files);
    ::dup2(ends[1], 1);
    ::dup2(ends[1], 2);
  };
  pid_ = tests::start_child(std::move(words), {prepare});
  ::close(ends[1]);
  out_ = ends[0];
}

Program::~Program() {
  if (!reaped_) tests::end_child(pid_, SIGKILL);
  ::close(out_);
}

bool Program::read_some(Clock::time_point until) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
  pollfd poll_fd{out_, POLLIN, 0};
  if (left.count() <= 0 || ::poll(&poll_fd, 1, static_cast<int>(left.count())) <= 0) return false;
  std::array<char, 4096> buffer{};
  const ssize_t count = ::read(out_, buffer.data(), buffer.size());
  if (count <= 0) return false;
  heard_.append(buffer.data(), static_cast<std::size_t>(count));
  return true;
}

std::string Program::url() {
  const auto until = Clock::now() + std::chrono::seconds(20);
  while (true) {
    const auto begin = heard_.find("shoal-directory ");
    const auto up = heard_.find(" up, pid " + std::to_string(pid_) + ", http://", begin);
    const auto end = heard_.find('\n', up);
    if (up != std::string::npos && end != std::string::npos) {
      const auto at = heard_.find("http://", up);
      return heard_.substr(at, end - at);
    }
    if (!read_some(until)) return {};
  }
}

void Program::send(int signal) const { ::kill(pid_, signal); }

int Program::wait(std::chrono::milliseconds time) {
  const auto until = Clock::now() + time;
  while (read_some(until)) {
  }
  for (int status = 0; Clock::now() < until;) {
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      reaped_ = true;
      return tests::code_of_status(status);
    }
    std::this_thread::yield();
  }
  return -1;
}

std::string Program::output() {
  while (read_some(Clock::now() + std::chrono::seconds(20))) {
  }
  return heard_;
}

}  // namespace shoal::bootstrap
