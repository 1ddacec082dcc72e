// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "proto/asio.h"
#include "proto/http/admission.h"
#include "proto/http/router.h"
#include "proto/http/server.h"
#include "proto/http/stream_lane.h"

namespace shoal::http {

class Connection;

/// What the connections of one server share. Thread-safe; outlives the server while one of them
/// still closes.
class ServerState : public std::enable_shared_from_this<ServerState> {
 public:
  ServerState(boost::asio::any_io_executor io_executor,
              boost::asio::any_io_executor worker_executor, Router routes, ServerOptions settings);

  const boost::asio::any_io_executor io;
  const boost::asio::any_io_executor workers;
  const Router router;
  const ServerOptions options;
  const std::shared_ptr<StreamLane> lane;

  /// A place for a connection of that peer; false: over a limit, or stopping.
  bool enter(const std::string& key, const Peer& peer);
  void leave(const std::string& key);
  /// Lets stop() cut it.
  void remember(const std::shared_ptr<Connection>& connection);

  /// Every handler runs between these two; begin() is false once the server stops.
  bool begin_handler();
  void end_handler();

  /// A place among the requests to heavy routes; false: all are taken.
  bool begin_heavy();
  void end_heavy();

  void answered(const Request& request, int status);
  void count_refused();
  void count_cut();

  [[nodiscard]] bool stopping() const;
  [[nodiscard]] ServerStats stats() const;
  bool stop();

 private:
  mutable std::mutex mutex_;
  std::condition_variable idle_;
  Admission admission_;
  ServerStats counts_;
  std::size_t handlers_ = 0;
  std::size_t heavy_ = 0;
  bool stopping_ = false;
  std::vector<std::weak_ptr<Connection>> connections_;
};

}  // namespace shoal::http
