// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/put_manager.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "transfer/host/put_job.h"

namespace shoal::transfer {

struct PutManager::State {
  boost::asio::any_io_executor io;
  boost::asio::any_io_executor work;
  std::shared_ptr<const PutConnections> connections;
  PutTimes times;
  std::mutex mutex;  ///< guards what follows
  std::map<std::uint64_t, std::shared_ptr<PutJob>> jobs;
  std::set<std::uint64_t> running;
  std::uint64_t next_id = 1;
  bool stopping = false;
  std::function<void()> stopped;

  void ended(std::uint64_t id) {
    std::function<void()> all_ended;
    {
      const std::lock_guard lock(mutex);
      running.erase(id);
      while (jobs.size() - running.size() > limits::kPutsRemembered) {
        jobs.erase(std::ranges::find_if(
            jobs, [&](const auto& one) { return !running.contains(one.first); }));
      }
      if (running.empty()) all_ended = std::exchange(stopped, {});
    }
    if (all_ended) boost::asio::post(io, all_ended);
  }
};

std::string_view to_text(PutState state) {
  switch (state) {
    case PutState::kHashing:
      return "hashing";
    case PutState::kConnecting:
      return "connecting";
    case PutState::kSending:
      return "sending";
    case PutState::kWaiting:
      return "waiting";
    case PutState::kDone:
      return "done";
    case PutState::kFailed:
      return "failed";
    case PutState::kCancelled:
      return "cancelled";
  }
  return "";
}

PutManager::PutManager(boost::asio::any_io_executor io, boost::asio::any_io_executor work,
                       PutConnections connections, PutTimes times)
    : state_(std::make_shared<State>()) {
  state_->io = std::move(io);
  state_->work = std::move(work);
  state_->connections = std::make_shared<const PutConnections>(std::move(connections));
  state_->times = times;
}

PutManager::~PutManager() { stop({}); }

Result<PutStatus> PutManager::start(PutRequest request) {
  if (auto known = state_->connections->endpoints(request.peer); !known) {
    return tl::unexpected<Error>(known.error());
  }
  auto file = PutFile::open(request.path);
  if (!file) return tl::unexpected<Error>(file.error());
  const std::lock_guard lock(state_->mutex);
  if (state_->stopping) return fail(Errc::kCancelled, "cannot put now", "the peer is stopping");
  if (state_->running.size() >= limits::kPutsMax) {
    return fail(Errc::kOverloaded, "cannot put now", "too many files are on their way",
                "wait for one to end");
  }
  const std::uint64_t id = state_->next_id++;
  auto job = std::make_shared<PutJob>(id, state_->io, state_->work, state_->connections,
                                      state_->times, std::move(request), std::move(*file),
                                      [state = state_, id] { state->ended(id); });
  state_->jobs.emplace(id, job);
  state_->running.insert(id);
  job->start();
  return job->status();
}

Result<void> PutManager::cancel(std::uint64_t id) {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->jobs.find(id);
  if (found == state_->jobs.end()) return fail(Errc::kNotFound, "no such put");
  if (!state_->running.contains(id)) {
    return fail(Errc::kConflict, "cannot cancel it", "it has ended");
  }
  found->second->cancel();
  return {};
}

Result<PutStatus> PutManager::status(std::uint64_t id) const {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->jobs.find(id);
  if (found == state_->jobs.end()) return fail(Errc::kNotFound, "no such put");
  return found->second->status();
}

std::vector<PutStatus> PutManager::list() const {
  const std::lock_guard lock(state_->mutex);
  std::vector<PutStatus> all;
  for (const auto& [id, job] : state_->jobs) all.push_back(job->status());
  return all;
}

void PutManager::stop(std::function<void()> stopped) {
  const std::lock_guard lock(state_->mutex);
  state_->stopping = true;
  if (state_->running.empty()) {
    if (stopped) boost::asio::post(state_->io, std::move(stopped));
    return;
  }
  if (stopped) state_->stopped = std::move(stopped);
  for (const std::uint64_t id : state_->running) state_->jobs.at(id)->cancel();
}

}  // namespace shoal::transfer
