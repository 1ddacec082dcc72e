// SPDX-License-Identifier: Apache-2.0
#include "proto/http/server_state.h"

#include <algorithm>
#include <utility>

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
      admission_({options.connections_max, options.per_address_max}) {}

bool ServerState::enter(const std::string& key, const Peer& peer) {
  const std::scoped_lock lock(mutex_);
  const bool proxy = std::ranges::find(options.proxies, peer.address) != options.proxies.end();
  const bool in = !stopping_ && admission_.enter(key, peer.local() || proxy);
  if (!in) ++counts_.refused_connections;
  return in;
}

void ServerState::leave(const std::string& key) {
  const std::scoped_lock lock(mutex_);
  admission_.leave(key);
}

void ServerState::remember(const std::shared_ptr<Connection>& connection) {
  const std::scoped_lock lock(mutex_);
  if (stopping_) return connection->cut();
  if (connections_.size() >= 2 * admission_.connections() + 16) {
    std::erase_if(connections_, [](const auto& each) { return each.expired(); });
  }
  connections_.push_back(connection);
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
  stats.connections = admission_.connections();
  stats.streams = lane->streams();
  return stats;
}

bool ServerState::stop() {
  const auto deadline = std::chrono::steady_clock::now() + limits::kHttpStopTime;
  std::vector<std::weak_ptr<Connection>> connections;
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    connections.swap(connections_);
  }
  lane->close();
  for (const auto& each : connections) {
    if (const auto connection = each.lock()) connection->cut();
  }
  const bool streams_ended = lane->wait_until(deadline);
  std::unique_lock lock(mutex_);
  return idle_.wait_until(lock, deadline, [&] { return handlers_ == 0; }) && streams_ended;
}

}  // namespace shoal::http
