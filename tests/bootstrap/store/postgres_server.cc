// SPDX-License-Identifier: Apache-2.0
#include "tests/bootstrap/store/postgres_server.h"

#include <grp.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <vector>

#include "tests/support/child.h"

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
  const auto prepare = [&] {
    if (user != nullptr && (::initgroups("postgres", user->pw_gid) != 0 ||
                            ::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0)) {
      ::_exit(126);
    }
    if (::chdir(folder.c_str()) != 0) ::_exit(126);
    tests::write_to_log(log);
    ::setenv("LC_ALL", "C.UTF-8", 1);
  };
  return tests::start_child(std::move(words), {prepare, SIGQUIT});
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

PostgresServer::PostgresServer() {
  if (const passwd* const user = server_user()) {
    EXPECT_EQ(::chown(folder_.path().c_str(), user->pw_uid, user->pw_gid), 0);
  }
  const pid_t made = run({programs() + "/initdb", "-D", folder_ / "data", "-A", "trust", "-U",
                          "test", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"},
                         folder_.path(), folder_ / "initdb.log");
  EXPECT_EQ(tests::wait_for_child(made), 0);
  start();
}

PostgresServer::~PostgresServer() { stop(SIGQUIT); }

void PostgresServer::start() {
  pid_ = run(
      {programs() + "/postgres", "-D", folder_ / "data", "-c", "listen_addresses=", "-c",
       "unix_socket_directories=" + folder_.path(), "-c", "fsync=off", "-c", "max_connections=40"},
      folder_.path(), folder_ / "postgres.log");
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (std::chrono::steady_clock::now() < until) {
    const pid_t asked =
        run({programs() + "/pg_isready", "-q", "-h", folder_.path()}, folder_.path(), "/dev/null");
    if (tests::wait_for_child(asked) == 0) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  ADD_FAILURE() << "PostgreSQL does not start; see " << folder_.path();
}

void PostgresServer::stop(int signal) { tests::end_child(pid_, signal); }

std::string PostgresServer::fresh_url(const std::vector<std::string>& options) {
  const std::string name = "test" + std::to_string(++databases_);
  std::vector<std::string> words{programs() + "/createdb", "-h", folder_.path(), "-U", "test"};
  words.insert(words.end(), options.begin(), options.end());
  words.push_back(name);
  const pid_t made = run(std::move(words), folder_.path(), "/dev/null");
  EXPECT_EQ(tests::wait_for_child(made), 0);
  return "postgresql://test@/" + name + "?host=" + folder_.path();
}

void PostgresServer::crash_and_restart() {
  stop(SIGQUIT);
  start();
}

}  // namespace shoal::bootstrap
