// SPDX-License-Identifier: Apache-2.0
#include "proto/http/server_state.h"

#include <algorithm>
#include <utility>

#include "proto/http/acknowledged.h"
#include "proto/http/connection.h"

namespace shoal::http {

ServerState::ServerState(boost::asio::any_io_executor io_executor,
                         boost::asio::any_io_executor worker_executor, Router routes,
                         ServerOptions settings)
    : io(std::move(io_executor)),
      workers(std::move(worker_executor)),
      router(std::move(routes)),
      options(std::move(settings)),
      lane(std::make_shared<StreamLane>(options.streams_max)),
      guests_({options.connections_max, options.per_address_max},
              [this](Guests::Id guest) { return read_so_far(guest); }) {}

std::optional<Guests::Id> ServerState::enter(const std::string& key, const Peer& peer) {
  std::vector<Cut> cuts;
  Guests::Entry entry;
  {
    const std::scoped_lock lock(mutex_);
    const bool proxy = std::ranges::find(options.proxies, peer.address) != options.proxies.end();
    if (!stopping_) entry = guests_.enter(key, peer.local() || proxy);
    if (!entry.in) ++counts_.refused_connections;
    if (entry.gave_way) cuts.push_back(take(*entry.gave_way));
  }
  carry_out(cuts);
  return entry.in;
}

void ServerState::leave(Guests::Id guest) {
  Connections next;
  {
    const std::scoped_lock lock(mutex_);
    guests_.leave(guest);
    connections_.erase(guest);
    next = next_to_read();
  }
  go_on(next);
}

// Under the lock, which forget_socket() needs: the descriptor is still that connection's.
std::uint64_t ServerState::read_so_far(Guests::Id guest) const {
  const auto found = connections_.find(guest);
  if (found == connections_.end() || found->second.socket < 0) return 0;
  return bytes_acknowledged(found->second.socket);
}

void ServerState::forget_socket(Guests::Id guest) {
  const std::scoped_lock lock(mutex_);
  const auto found = connections_.find(guest);
  if (found != connections_.end()) found->second.socket = -1;
}

void ServerState::remember(Guests::Id guest, const std::shared_ptr<Connection>& connection,
                           int socket) {
  {
    const std::scoped_lock lock(mutex_);
    connections_[guest] = {connection, socket};
    if (!stopping_) return;
  }
  connection->cut();
}

// Under the lock.
ServerState::Cut ServerState::take(Guests::Leaver leaver) {
  const auto found = connections_.find(leaver.id);
  if (found == connections_.end()) return {};
  ++counts_.gave_way;
  Cut cut{found->second.connection.lock(), leaver.bytes};
  connections_.erase(found);
  if (cut.connection) unanswered_ += cut.bytes;
  return cut;
}

void ServerState::carry_out(const std::vector<Cut>& cuts) {
  for (const auto& [connection, bytes] : cuts) {
    if (connection) connection->give_way(bytes);
  }
}

bool ServerState::begin_turning_away() {
  const std::scoped_lock lock(mutex_);
  if (turned_away_ >= limits::kHttpTurnedAway) return false;
  ++turned_away_;
  return true;
}

void ServerState::end_turning_away() {
  const std::scoped_lock lock(mutex_);
  --turned_away_;
}

void ServerState::wait(Guests::Id guest, Guests::For what, std::size_t bytes) {
  std::vector<Cut> cuts;
  Connections next;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& leaver : guests_.wait(guest, what, bytes)) cuts.push_back(take(leaver));
    next = next_to_read();
  }
  carry_out(cuts);
  go_on(next);
}

void ServerState::read_on(Guests::Id guest) {
  const std::scoped_lock lock(mutex_);
  guests_.read_on(guest);
}

bool ServerState::begin_work(Guests::Id guest, const Work& work) {
  const std::scoped_lock lock(mutex_);
  if (!guests_.work(guest)) return false;
  unanswered_ += work.bytes;
  at_work_ += work.counts ? 1U : 0U;
  return true;
}

void ServerState::end_work(const Work& work) {
  Connections next;
  {
    const std::scoped_lock lock(mutex_);
    unanswered_ -= work.bytes;
    at_work_ -= work.counts ? 1U : 0U;
    next = next_to_read();
  }
  go_on(next);
}

// Under the lock.
bool ServerState::has_room() const {
  return unanswered_ <= limits::kHttpUnansweredBytes && at_work_ < limits::kHttpAtWork;
}

// Under the lock. Two for each that ends, or that has nothing more to read: as many as there is
// room for come to work soon, and not all at once for one place.
ServerState::Connections ServerState::next_to_read() {
  Connections next;
  while (next.size() < 2 && !held_back_.empty() && has_room()) {
    next.push_back(std::move(held_back_.front()));
    held_back_.pop_front();
  }
  return next;
}

void ServerState::go_on(const Connections& connections) {
  for (const auto& each : connections) each->go_on();
}

bool ServerState::may_read(const std::shared_ptr<Connection>& connection) {
  const std::scoped_lock lock(mutex_);
  if (stopping_ || has_room()) return true;
  held_back_.push_back(connection);
  return false;
}

void ServerState::end_holding_back(const Connection& connection) {
  std::shared_ptr<Connection> ended;  // outlives the lock, which its end needs
  const std::scoped_lock lock(mutex_);
  const auto found =
      std::ranges::find(held_back_, &connection, [](const auto& each) { return each.get(); });
  if (found == held_back_.end()) return;
  ended = std::move(*found);
  held_back_.erase(found);
}

bool ServerState::begin_handler() {
  const std::scoped_lock lock(mutex_);
  if (stopping_) return false;
  ++handlers_;
  return true;
}

void ServerState::end_handler() {
  const std::scoped_lock lock(mutex_);
  if (--handlers_ == 0) idle_.notify_all();
}

bool ServerState::begin_heavy() {
  const std::scoped_lock lock(mutex_);
  if (heavy_ >= options.heavy_max) return false;
  ++heavy_;
  return true;
}

void ServerState::end_heavy() {
  const std::scoped_lock lock(mutex_);
  --heavy_;
}

void ServerState::answered(const Request& request, int status) {
  {
    const std::scoped_lock lock(mutex_);
    ++counts_.requests;
  }
  if (options.answered) options.answered(request, status);
}

void ServerState::count_refused() {
  const std::scoped_lock lock(mutex_);
  ++counts_.refused_connections;
}

void ServerState::count_cut() {
  const std::scoped_lock lock(mutex_);
  ++counts_.cut_by_deadline;
}

bool ServerState::stopping() const {
  const std::scoped_lock lock(mutex_);
  return stopping_;
}

ServerStats ServerState::stats() const {
  const std::scoped_lock lock(mutex_);
  ServerStats stats = counts_;
  stats.connections = guests_.connections();
  stats.at_work = at_work_;
  stats.held_back = held_back_.size();
  stats.streams = lane->streams();
  return stats;
}

bool ServerState::stop() {
  const auto deadline = std::chrono::steady_clock::now() + limits::kHttpStopTime;
  Connections connections;
  std::deque<std::shared_ptr<Connection>> held_back;
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    for (const auto& [guest, each] : connections_) {
      if (auto connection = each.connection.lock()) connections.push_back(std::move(connection));
    }
    connections_.clear();
    held_back.swap(held_back_);
  }
  lane->close();
  for (const auto& each : connections) each->cut();
  const bool streams_ended = lane->wait_until(deadline);
  std::unique_lock lock(mutex_);
  return idle_.wait_until(lock, deadline, [&] { return handlers_ == 0; }) && streams_ended;
}

}  // namespace shoal::http
