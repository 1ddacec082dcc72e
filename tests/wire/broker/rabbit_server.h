// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "tests/support/temp_folder.h"

namespace shoal::broker {

/// A RabbitMQ of this process's own on loopback, with a port mapper and ports of its own, which go
/// with it. Starting takes some ten seconds.
class RabbitServer {
 public:
  RabbitServer();
  ~RabbitServer();
  RabbitServer(const RabbitServer&) = delete;
  RabbitServer& operator=(const RabbitServer&) = delete;

  /// The one of this test program, started when it is first asked for.
  static RabbitServer& shared();
  /// Whether its programs are on this machine and this build can talk to it.
  static bool available();

  /// As the broker's first user, who may do everything.
  [[nodiscard]] std::string url() const { return url("guest", "guest"); }
  [[nodiscard]] std::string url(const std::string& user, const std::string& password) const;

  /// kill -9.
  void crash();
  /// After crash(), with what is on the disk; waits until it answers.
  void restart();
  /// Stops its time, as a machine that hangs; and lets it go on.
  void freeze() const;
  void thaw() const;

 private:
  void start();
  void launch();
  [[nodiscard]] bool answers() const;

  tests::TempFolder folder_;
  std::uint16_t port_ = 0;
  std::uint16_t dist_ = 0;
  std::uint16_t epmd_port_ = 0;
  pid_t epmd_ = -1;
  pid_t pid_ = -1;
};

}  // namespace shoal::broker
