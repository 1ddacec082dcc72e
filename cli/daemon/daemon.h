// SPDX-License-Identifier: Apache-2.0
// START HERE: everything that a running peer is made of, in the order of its start.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cli/config/config.h"
#include "proto/types/result.h"

namespace shoal::daemon {

/// One running peer: it owns the threads, the stores and the servers, and wires them together.
class Daemon {
 public:
  struct Setup {
    config::Config config;
    config::Places places;
    std::string version;
    /// POST /v1/shutdown was asked for; called once or more, from any thread.
    std::function<void()> on_shutdown;
  };

  /// Takes the lock, opens key and stores, listens, befriends, takes downloads up again.
  /// Errors: kConfig, kConflict (another shoald here; all ports taken), kDenied, kIo, kNoSpace.
  static Result<std::unique_ptr<Daemon>> start(Setup setup);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  [[nodiscard]] const std::string& listen() const;  ///< "host:port" of the public port
  [[nodiscard]] const std::string& socket() const;  ///< path of the Unix socket
  [[nodiscard]] std::string rest() const;           ///< URL of REST on TCP; empty: off

  /// Gives the lease back, closes links, stops downloads where they are. Blocks, less than
  /// limits::kStopTime. Idempotent.
  void stop();

 private:
  class Impl;
  explicit Daemon(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace shoal::daemon
