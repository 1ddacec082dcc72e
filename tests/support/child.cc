// SPDX-License-Identifier: Apache-2.0
#include "tests/support/child.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace shoal::tests {
namespace {

// Both ends are closed in whatever program a child becomes.
struct Pipe {
  Pipe() { EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0); }
  [[nodiscard]] int reads() const { return ends[0]; }
  [[nodiscard]] int writes() const { return ends[1]; }
  std::array<int, 2> ends{};
};

std::string drain(int fd) {
  std::string text;
  std::array<char, 4096> buffer{};
  for (ssize_t got = 0; (got = ::read(fd, buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ::close(fd);
  return text;
}

}  // namespace

pid_t start_child(std::vector<std::string> words, const ChildTerms& terms) {
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  EXPECT_GE(child, 0);
  if (child != 0) return child;
  if (terms.prepare) terms.prepare();
  ::prctl(PR_SET_PDEATHSIG, terms.dies_by);  // after prepare: another user would clear it
  if (::getppid() != parent) ::_exit(126);
  ::execvp(argv[0], argv.data());
  ::_exit(127);
}

int code_of_status(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int wait_for_child(pid_t child) {
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return code_of_status(status);
}

void signal_child(pid_t child, int signal) {
  if (::kill(child, signal) != 0 || signal != SIGSTOP) return;
  siginfo_t seen{};
  ::waitid(P_PID, static_cast<id_t>(child), &seen, WSTOPPED | WEXITED | WNOWAIT);
}

void end_child(pid_t& child, int signal) {
  if (child <= 0) return;
  ::kill(child, signal);
  wait_for_child(std::exchange(child, -1));
}

void write_to_log(const std::string& log) {
  ::dup2(::open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(out, STDERR_FILENO);
}

Outcome run_child(std::vector<std::string> words, Outputs outputs, const std::string& typed,
                  ChildTerms terms) {
  const Pipe in;
  const Pipe out;
  const Pipe err;
  const int errors_to = outputs == Outputs::kTogether ? out.writes() : err.writes();
  terms.prepare = [&, further = std::move(terms.prepare)] {
    ::dup2(in.reads(), STDIN_FILENO);
    ::dup2(out.writes(), STDOUT_FILENO);
    ::dup2(errors_to, STDERR_FILENO);
    if (further) further();
  };
  const pid_t child = start_child(std::move(words), terms);
  for (const int fd : {in.reads(), out.writes(), err.writes()}) ::close(fd);
  EXPECT_EQ(::write(in.writes(), typed.data(), typed.size()), static_cast<ssize_t>(typed.size()));
  ::close(in.writes());
  Outcome outcome;
  outcome.out = drain(out.reads());
  outcome.err = drain(err.reads());
  outcome.code = wait_for_child(child);
  return outcome;
}

}  // namespace shoal::tests
