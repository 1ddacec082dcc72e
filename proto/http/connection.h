// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "proto/asio.h"
#include "proto/http/exchange.h"
#include "proto/http/request_front.h"
#include "proto/http/server_state.h"
#include "proto/http/upload.h"

namespace shoal::http {

/// One client: reads requests one after the other under deadlines, has each answered on a worker or
/// gives its socket to the streaming lane.
///
/// Lives on its socket's strand, and as long as something of it is under way.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;

  /// `guest` has entered `state`, or none has a place among those turned away; it leaves with this.
  Connection(std::shared_ptr<ServerState> state, Socket socket, Peer peer,
             std::string local_address, std::optional<Guests::Id> guest);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start();
  /// Answers with `status` without reading a request, then closes.
  void turn_away(int status, std::string why);
  /// Any thread: closes.
  void cut();
  /// Any thread: closes, and then says that it holds those bytes no more.
  void give_way(std::size_t bytes);
  /// Any thread: there is room for its next request now.
  void go_on();

 private:
  using Clock = std::chrono::steady_clock;

  void read();
  void read_what_came();
  void hold_back();
  std::string_view read_some(boost::system::error_code& error);
  bool consume(std::string_view bytes);
  void answer_request();
  void end_work();
  void answer_on(const boost::asio::any_io_executor& executor, RawRequest raw, bool heavy);
  void refuse_heavy(std::string_view method, std::string_view target);
  void on_outcome(Outcome outcome, bool keep);
  void give_to_lane(Outcome outcome);
  void write(std::string bytes, bool keep);
  void on_written(bool keep);
  void linger();
  void set_deadline(Clock::time_point at);
  void close();

  std::shared_ptr<ServerState> state_;
  Socket socket_;
  boost::asio::steady_timer deadline_;
  Peer peer_;
  std::string local_address_;
  std::optional<Guests::Id> guest_;
  std::optional<RequestFront> front_;  // always one; a new one takes no memory of the old
  Clock::time_point began_;            // of the request on its way
  std::string left_;                   // read, but of the next request, or of the body of an upload
  BodyStart body_;                     // of an upload
  std::string out_;
  ServerState::Work work_;  // the request that is being answered
  bool held_back_ = false;  // until there is room for its next request, and since and due then:
  Clock::time_point held_since_;
  Clock::time_point due_;
  bool lingering_ = false;  // answered; waits until the client has read it
  std::size_t lingered_ = 0;
};

}  // namespace shoal::http
