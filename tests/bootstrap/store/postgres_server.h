// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "tests/support/temp_folder.h"

namespace shoal::bootstrap {

/// A PostgreSQL server of this process's own: a fresh cluster on a Unix socket, which goes with it.
/// Debian's server programs refuse root, so it runs as the user postgres then.
class PostgresServer {
 public:
  PostgresServer();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  /// The one of this test program, started when it is first asked for.
  static PostgresServer& shared();
  /// Whether its programs are on this machine and ours can use it.
  static bool available();

  /// A new and empty database; its URL. `options`: of createdb, besides the name.
  std::string fresh_url(const std::vector<std::string>& options = {});
  /// Ends it as a crash would, and starts it again with what is on the disk.
  void crash_and_restart();

 private:
  void start();
  void stop(int signal);

  tests::TempFolder folder_{"/tmp"};  ///< where its user may go, and a socket's path stays short
  pid_t pid_ = -1;
  int databases_ = 0;
};

}  // namespace shoal::bootstrap
