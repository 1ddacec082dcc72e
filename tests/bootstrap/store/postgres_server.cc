// SPDX-License-Identifier: Apache-2.0
#include "tests/bootstrap/store/postgres_server.h"

#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <vector>

// libpqxx 6.4 loses the result of a query whose connection broke (make_result() asks the connection
// for its encoding first, which throws): about 1 KB for each lost connection, and not ours to free.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:libpqxx"; }

namespace shoal::bootstrap {
namespace {

namespace fs = std::filesystem;

// Where Debian keeps the newest server's programs.
std::string programs() {
  std::string newest;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", none)) {
    const std::string bin = entry.path() / "bin";
    if (fs::exists(bin + "/initdb", none) && bin > newest) newest = bin;
  }
  return newest;
}

const passwd* server_user() { return ::geteuid() == 0 ? ::getpwnam("postgres") : nullptr; }

// Starts a program as the server's user; its output goes to `log`.
pid_t run(std::vector<std::string> words, const std::string& folder, const std::string& log) {
  const passwd* const user = server_user();
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child != 0) return child;
  if (user != nullptr && (::initgroups("postgres", user->pw_gid) != 0 ||
                          ::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0)) {
    ::_exit(126);
  }
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);  // after setuid, which clears it
  if (::getppid() != parent) ::_exit(126);
  if (::chdir(folder.c_str()) != 0) ::_exit(126);
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(out, 1);
  ::dup2(out, 2);
  ::setenv("LC_ALL", "C.UTF-8", 1);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

int wait_for(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

bool PostgresServer::available() {
#ifdef SHOAL_POSTGRESQL
  return !programs().empty() && (::geteuid() != 0 || server_user() != nullptr);
#else
  return false;
#endif
}

PostgresServer& PostgresServer::shared() {
  static PostgresServer server;
  return server;
}

PostgresServer::PostgresServer() : folder_("/tmp/shoal-postgres-XXXXXX") {
  EXPECT_NE(::mkdtemp(folder_.data()), nullptr);
  if (const passwd* const user = server_user()) {
    EXPECT_EQ(::chown(folder_.c_str(), user->pw_uid, user->pw_gid), 0);
  }
  const pid_t made = run({programs() + "/initdb", "-D", folder_ + "/data", "-A", "trust", "-U",
                          "test", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"},
                         folder_, folder_ + "/initdb.log");
  EXPECT_EQ(wait_for(made), 0);
  start();
}

PostgresServer::~PostgresServer() {
  stop(SIGQUIT);
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void PostgresServer::start() {
  pid_ = run({programs() + "/postgres", "-D", folder_ + "/data", "-c", "listen_addresses=", "-c",
              "unix_socket_directories=" + folder_, "-c", "fsync=off", "-c", "max_connections=40"},
             folder_, folder_ + "/postgres.log");
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (std::chrono::steady_clock::now() < until) {
    const pid_t asked =
        run({programs() + "/pg_isready", "-q", "-h", folder_}, folder_, "/dev/null");
    if (wait_for(asked) == 0) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  ADD_FAILURE() << "PostgreSQL does not start; see " << folder_;
}

void PostgresServer::stop(int signal) {
  if (pid_ <= 0) return;
  ::kill(pid_, signal);
  wait_for(pid_);
  pid_ = -1;
}

std::string PostgresServer::fresh_url() {
  const std::string name = "test" + std::to_string(++databases_);
  const pid_t made =
      run({programs() + "/createdb", "-h", folder_, "-U", "test", name}, folder_, "/dev/null");
  EXPECT_EQ(wait_for(made), 0);
  return "postgresql://test@/" + name + "?host=" + folder_;
}

void PostgresServer::crash_and_restart() {
  stop(SIGQUIT);
  start();
}

}  // namespace shoal::bootstrap
