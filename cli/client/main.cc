// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <system_error>

#include "cli/client/app.h"
#include "cli/client/password.h"

namespace {

std::atomic<bool> stop = false;
static_assert(std::atomic<bool>::is_always_lock_free);  // set by a signal handler

bool reader_left() {
  pollfd out{STDOUT_FILENO, 0, 0};
  return ::poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

unsigned terminal_columns() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20 ? size.ws_col : 80;
}

}  // namespace

int main(int argc, char** argv) {
  struct sigaction action {};
  action.sa_handler = [](int) {
    // A second Ctrl-C ends what does not listen.
    if (stop.exchange(true)) ::_exit(130);
  };
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);

  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  shoal::client::World world;
  world.env = [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
  world.out = &std::cout;
  world.err = &std::cerr;
  world.in_is_tty = ::isatty(STDIN_FILENO) == 1;
  world.password = [](const std::string& prompt) {
    return shoal::client::read_password(STDIN_FILENO, STDERR_FILENO, prompt, stop);
  };
  world.out_is_tty = ::isatty(STDOUT_FILENO) == 1;
  world.outlive_reader = [] { std::signal(SIGPIPE, SIG_IGN); };
  world.reader_left = reader_left;
  world.err_is_tty = ::isatty(STDERR_FILENO) == 1;
  world.columns = terminal_columns();
  world.stop = &stop;
  if (!error) world.programs = self.parent_path();
  return shoal::client::run(world, {argv + 1, argv + argc});
}
