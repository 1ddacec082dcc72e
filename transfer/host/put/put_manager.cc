// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/put/put_manager.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "transfer/host/put/put_job.h"

namespace shoal::transfer {

struct PutManager::State {
  explicit State(PutTools with) : tools(std::move(with)) {}

  const PutTools tools;
  std::mutex mutex;  ///< guards what follows
  std::map<std::uint64_t, std::shared_ptr<PutJob>> running;
  std::map<std::uint64_t, PutStatus> ended;  ///< the newest
  std::uint64_t next_id = 1;
  bool stopping = false;
  std::function<void()> stopped;

  Result<PutStatus> begin(PutRequest request, const std::shared_ptr<State>& self);

  // Requires mutex.
  void list(PutStatus status) {
    const std::uint64_t id = status.id;
    ended.emplace(id, std::move(status));
    if (ended.size() > limits::kPutsRemembered) ended.erase(ended.begin());
  }

  void on_end(std::uint64_t id) {
    std::function<void()> all_ended;
    std::optional<PutStatus> last;
    {
      const std::lock_guard lock(mutex);
      const auto found = running.find(id);
      const PutStatus status = found->second->status();
      if (!stopping) last = status;
      list(status);
      running.erase(found);
      if (running.empty()) all_ended = std::exchange(stopped, {});
    }
    tell(last);
    if (all_ended) boost::asio::post(tools.io, all_ended);
  }

  void tell(const std::optional<PutStatus>& last) const {
    if (tools.connections->changed) tools.connections->changed(last);
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
                       PutConnections connections, PutTimes times, std::shared_ptr<UploadDesk> desk)
    : state_(std::make_shared<State>(
          PutTools{std::move(io), std::move(work),
                   std::make_shared<const PutConnections>(std::move(connections)), times,
                   std::move(desk)})) {}

PutManager::~PutManager() { stop({}); }

Result<PutStatus> PutManager::State::begin(PutRequest request, const std::shared_ptr<State>& self) {
  if (auto known = tools.connections->endpoints(request.peer); !known) {
    return tl::unexpected<Error>(known.error());
  }
  auto file = PutFile::open(request.path);
  if (!file) return tl::unexpected<Error>(file.error());
  if (request.stamp && *request.stamp != (*file)->stamp()) {
    return fail(Errc::kSourceChanged, "cannot put " + request.path,
                "it was changed after it was asked for", "put it again, as it is now");
  }
  request.stamp = (*file)->stamp();
  const std::lock_guard lock(mutex);
  if (stopping) return fail(Errc::kCancelled, "cannot put now", "the peer is stopping");
  for (const auto& [id, job] : running) {
    if (job->request() == request) return job->status();
  }
  if (running.size() >= limits::kPutsMax) {
    return fail(Errc::kOverloaded, "cannot put now", "too many files are on their way",
                "wait for one to end");
  }
  const std::uint64_t id = next_id++;
  auto job = std::make_shared<PutJob>(id, tools, std::move(request), std::move(*file),
                                      [self, id] { self->on_end(id); });
  running.emplace(id, job);
  job->start();
  return job->status();
}

Result<PutStatus> PutManager::start(PutRequest request) {
  auto begun = state_->begin(std::move(request), state_);
  if (begun) state_->tell(std::nullopt);
  return begun;
}

void PutManager::remember(std::vector<PutStatus> ended) {
  const std::lock_guard lock(state_->mutex);
  for (PutStatus& one : ended) {
    state_->next_id = std::max(state_->next_id, one.id + 1);
    state_->list(std::move(one));
  }
}

void PutManager::resume(const PutRequest& request) {
  const auto begun = state_->begin(request, state_);
  if (begun) return;
  PutStatus failed;
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->stopping) return;
    failed.id = state_->next_id++;
    failed.peer = request.peer;
    failed.path = request.path;
    failed.name = request.name;
    failed.content.length = request.stamp ? request.stamp->size : 0;
    failed.state = PutState::kFailed;
    failed.error = begun.error();
    state_->list(failed);
  }
  state_->tell(failed);
}

std::optional<std::vector<PutRequest>> PutManager::running() const {
  const std::lock_guard lock(state_->mutex);
  if (state_->stopping) return std::nullopt;
  std::vector<PutRequest> all;
  for (const auto& [id, job] : state_->running) all.push_back(job->request());
  return all;
}

Result<void> PutManager::cancel(std::uint64_t id) {
  const std::lock_guard lock(state_->mutex);
  if (const auto found = state_->running.find(id); found != state_->running.end()) {
    found->second->cancel();
    return {};
  }
  if (!state_->ended.contains(id)) return fail(Errc::kNotFound, "no such put");
  return fail(Errc::kConflict, "cannot cancel it", "it has ended");
}

Result<PutStatus> PutManager::status(std::uint64_t id) const {
  const std::lock_guard lock(state_->mutex);
  if (const auto found = state_->running.find(id); found != state_->running.end()) {
    return found->second->status();
  }
  if (const auto found = state_->ended.find(id); found != state_->ended.end()) {
    return found->second;
  }
  return fail(Errc::kNotFound, "no such put", {}, "shoal puts lists them");
}

std::vector<PutStatus> PutManager::list() const {
  const std::lock_guard lock(state_->mutex);
  std::vector<PutStatus> all;
  for (const auto& [id, status] : state_->ended) all.push_back(status);
  for (const auto& [id, job] : state_->running) all.push_back(job->status());
  std::ranges::sort(all, {}, &PutStatus::id);
  return all;
}

void PutManager::stop(std::function<void()> stopped) {
  const std::lock_guard lock(state_->mutex);
  state_->stopping = true;
  if (state_->running.empty()) {
    if (stopped) boost::asio::post(state_->tools.io, std::move(stopped));
    return;
  }
  if (stopped) state_->stopped = std::move(stopped);
  for (const auto& [id, job] : state_->running) job->cancel();
}

}  // namespace shoal::transfer
