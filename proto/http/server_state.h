// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "proto/asio.h"
#include "proto/http/guests.h"
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

  /// A place for a connection of that peer, if need be that of one that has waited for long; none:
  /// over a limit, or stopping.
  std::optional<Guests::Id> enter(const std::string& key, const Peer& peer);
  void leave(Guests::Id guest);
  /// Lets it be cut, and `socket` be asked what its client has read. Once for each that entered.
  void remember(Guests::Id guest, const std::shared_ptr<Connection>& connection, int socket);
  /// From here on its socket is not asked: before it is closed, or is somebody else's.
  void forget_socket(Guests::Id guest);
  /// A place among those that are told why they are not served; false: none.
  bool begin_turning_away();
  void end_turning_away();

  /// It waits for its client and holds so many bytes: others are cut for it, or itself for others.
  void wait(Guests::Id guest, Guests::For what, std::size_t bytes);
  /// Its client reads its answer: others have waited for longer.
  void read_on(Guests::Id guest);
  /// A request on its way to its answer.
  struct Work {
    std::size_t bytes = 0;
    bool counts = false;  ///< among those that are answered at once
  };
  /// It has a whole request. False: it has given way and was cut.
  bool begin_work(Guests::Id guest, const Work& work);
  /// The answer is being written. Nothing for a Work that never began.
  void end_work(const Work& work);
  /// Whether a connection may read its next request. If not, it is told by go_on() when it may.
  bool may_read(const std::shared_ptr<Connection>& connection);
  /// It was closed before that.
  void end_holding_back(const Connection& connection);

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
  struct Cut {
    std::shared_ptr<Connection> connection;
    std::size_t bytes = 0;
  };
  struct Known {
    std::weak_ptr<Connection> connection;
    int socket = -1;  ///< its client's, while it may be asked
  };
  Cut take(Guests::Leaver leaver);
  [[nodiscard]] std::uint64_t read_so_far(Guests::Id guest) const;
  static void carry_out(const std::vector<Cut>& cuts);
  using Connections = std::vector<std::shared_ptr<Connection>>;
  [[nodiscard]] bool has_room() const;
  Connections next_to_read();
  static void go_on(const Connections& connections);

  mutable std::mutex mutex_;
  std::condition_variable idle_;
  Guests guests_;
  std::unordered_map<Guests::Id, Known> connections_;
  std::size_t unanswered_ = 0;  // bytes of requests at work, and of connections about to be cut
  std::size_t at_work_ = 0;
  std::deque<std::shared_ptr<Connection>> held_back_;  // the first to be told first
  std::size_t turned_away_ = 0;
  ServerStats counts_;
  std::size_t handlers_ = 0;
  std::size_t heavy_ = 0;
  bool stopping_ = false;
};

}  // namespace shoal::http
