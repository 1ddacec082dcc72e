// SPDX-License-Identifier: Apache-2.0
#include "cli/client/programs/launch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace shoal::client {

namespace fs = std::filesystem;

namespace {

std::vector<char*> argv_of(std::string& program, std::vector<std::string>& arguments) {
  std::vector<char*> argv{program.data()};
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  return argv;
}

bool runnable(const std::string& path) {
  return fs::is_regular_file(path) && ::access(path.c_str(), X_OK) == 0;
}

std::string reason(int error) { return std::generic_category().message(error); }

// In the child, between fork and exec: system calls only.
[[noreturn]] void run_child(const char* program, char* const* argv, int log, int report) {
  ::setsid();
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(null, STDIN_FILENO);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::signal(SIGINT, SIG_DFL);
  ::signal(SIGTERM, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execv(program, argv);
  const int error = errno;
  [[maybe_unused]] const auto written = ::write(report, &error, sizeof error);
  ::_exit(127);
}

}  // namespace

Result<std::string> find_program(const World& world, const std::string& name) {
  if (!world.programs.empty() && runnable(world.programs + "/" + name)) {
    return world.programs + "/" + name;
  }
  std::string path = world.env("PATH").value_or("");
  for (std::size_t begin = 0; begin < path.size();) {
    const auto end = std::min(path.find(':', begin), path.size());
    const std::string at = path.substr(begin, end - begin) + "/" + name;
    if (at.starts_with('/') && runnable(at)) return at;
    begin = end + 1;
  }
  return fail(Errc::kNotFound, fmt::format("there is no program {}", name),
              fmt::format("neither in {} nor in PATH",
                          world.programs.empty() ? "its own folder" : world.programs),
              "./go build makes all programs");
}

Error become(const World& world, const std::string& name,
             const std::vector<std::string>& arguments) {
  auto program = find_program(world, name);
  if (!program) return program.error();
  auto copies = arguments;
  const auto argv = argv_of(*program, copies);
  ::execv(program->c_str(), argv.data());
  return {Errc::kIo, fmt::format("cannot run {}", *program), reason(errno), {}};
}

Result<Detached> Detached::start(const World& world, const std::string& name,
                                 const std::vector<std::string>& arguments,
                                 const std::string& log) {
  auto program = find_program(world, name);
  if (!program) return tl::unexpected(program.error());
  std::error_code made;
  fs::create_directories(fs::path(log).parent_path(), made);
  const int log_fd = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log_fd < 0) return fail(Errc::kIo, "cannot write " + log, reason(errno));
  int report[2];
  if (::pipe2(report, O_CLOEXEC) != 0) {
    ::close(log_fd);
    return fail(Errc::kIo, "cannot start " + name, reason(errno));
  }
  auto copies = arguments;
  const auto argv = argv_of(*program, copies);
  const pid_t pid = ::fork();
  if (pid == 0) run_child(program->c_str(), argv.data(), log_fd, report[1]);
  const int fork_error = errno;
  ::close(log_fd);
  ::close(report[1]);
  int error = 0;
  const auto got = pid < 0 ? -1 : ::read(report[0], &error, sizeof error);
  ::close(report[0]);
  if (pid < 0) return fail(Errc::kIo, "cannot start " + name, reason(fork_error));
  if (got > 0) {
    ::waitpid(pid, nullptr, 0);
    return fail(Errc::kIo, "cannot run " + *program, reason(error));
  }
  return Detached(pid);
}

bool Detached::running() {
  if (over_) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return true;
  over_ = true;
  if (WIFEXITED(status)) exit_code_ = WEXITSTATUS(status);
  how_ = WIFEXITED(status) ? fmt::format("it ended with exit code {}", exit_code_)
                           : fmt::format("signal {} ended it", WTERMSIG(status));
  return false;
}

std::uint64_t size_of(const std::string& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  return error ? 0 : size;
}

std::string tail_of(const std::string& path, std::uint64_t from, std::size_t bytes) {
  const std::uint64_t size = size_of(path);
  if (size <= from) return {};
  const std::uint64_t begin = size - from > bytes ? size - bytes : from;
  std::string text(static_cast<std::size_t>(size - begin), '\0');
  std::ifstream file(path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(begin));
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  const auto newline = text.find('\n');
  return begin > from && newline != std::string::npos ? text.substr(newline + 1) : text;
}

}  // namespace shoal::client
