// SPDX-License-Identifier: Apache-2.0
// The demo as it is played, and with a fault planted in one peer's configuration: a demo that
// passes with a peer that ignores its directory or its secondary would show nothing.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

namespace {

struct Outcome {
  int code = -1;
  std::string text;  // stdout and stderr
};

Outcome play(const char* fault) {
  std::array<int, 2> pipe{};
  EXPECT_EQ(::pipe(pipe.data()), 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::setenv("SHOAL_DEMO_FAULT", fault, 1);
    ::dup2(pipe[1], STDOUT_FILENO);
    ::dup2(pipe[1], STDERR_FILENO);
    ::close(pipe[0]);
    ::close(pipe[1]);
    ::execlp("bash", "bash", "configs/demo/demo.sh", nullptr);
    ::_exit(127);
  }
  ::close(pipe[1]);
  Outcome outcome;
  std::array<char, 4096> buffer{};
  for (ssize_t got = 0; (got = ::read(pipe[0], buffer.data(), buffer.size())) > 0;) {
    outcome.text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ::close(pipe[0]);
  int status = 0;
  ::waitpid(pid, &status, 0);
  outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

bool has(const Outcome& outcome, const std::string& part) {
  return outcome.text.find(part) != std::string::npos;
}

TEST(Demo, PassesAndEndsWithThreeCommands) {
  const Outcome played = play("none");
  EXPECT_EQ(played.code, 0) << played.text;
  for (const char* step : {"(0)", "(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "all steps held"}) {
    EXPECT_TRUE(has(played, step)) << step << "\n" << played.text;
  }
}

TEST(Demo, FailsWhenDIgnoresItsDirectory) {
  const Outcome played = play("no-directory");
  EXPECT_EQ(played.code, 1) << played.text;
  EXPECT_TRUE(has(played, "D has E as a friend, from the directory alone")) << played.text;
  EXPECT_FALSE(has(played, "(1)")) << played.text;
}

TEST(Demo, FailsWhenAIgnoresItsSecondary) {
  const Outcome played = play("no-secondary");
  EXPECT_EQ(played.code, 1) << played.text;
  EXPECT_TRUE(has(played, "demo: step 4 FAILED")) << played.text;
  EXPECT_TRUE(has(played, "(4) B is killed")) << played.text;
  EXPECT_FALSE(has(played, "(5)")) << played.text;
}

}  // namespace
