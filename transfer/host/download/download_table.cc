// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/download/download_table.h"

#include <algorithm>
#include <utility>

#include "proto/types/limits.h"
#include "proto/types/limits_transfer.h"
#include "transfer/host/disk/part_file.h"

namespace shoal::transfer {

DownloadRequest again(const DownloadStatus& status) {
  return {status.content, status.name, status.folder, {}, {}, status.id};
}

void DownloadManager::State::forget_old() {
  while (jobs.size() + past.size() > limits::kDownloadsRemembered) {
    if (!past.empty()) {
      past.erase(past.begin());
      continue;
    }
    const auto is = [](const auto& table, std::uint64_t id) {
      return std::ranges::any_of(table, [&](const auto& one) { return one.second == id; });
    };
    const auto old = std::ranges::find_if(jobs, [&](const auto& entry) {
      return !is(running, entry.first) && !is(held, entry.first);
    });
    if (old == jobs.end()) return;
    jobs.erase(old);
  }
}

std::uint64_t DownloadManager::State::free_id(std::uint64_t wanted) {
  const bool taken = wanted == 0 || wanted > limits::kDownloadNumberMax || jobs.contains(wanted) ||
                     past.contains(wanted);
  if (!taken && wanted < next_id) return wanted;
  const std::uint64_t id = taken ? next_id : wanted;
  next_id = id + 1;
  return id;
}

std::shared_ptr<DownloadJob> DownloadManager::State::make(DownloadRequest request) {
  const std::uint64_t id = request.id;
  auto ended = [state = shared_from_this(), content = request.content, id] {
    std::function<void()> now_stopped;
    {
      const std::lock_guard lock(state->mutex);
      state->on_ended(content, id, now_stopped);
    }
    if (now_stopped) boost::asio::post(state->io, now_stopped);
  };
  return std::make_shared<DownloadJob>(id, io, work, hooks, times, std::move(request),
                                       std::move(ended));
}

std::uint64_t DownloadManager::State::launch(DownloadRequest request) {
  const std::uint64_t id = request.id;
  held.erase(request.content);
  running.emplace(request.content, id);
  jobs[id] = make(std::move(request));
  jobs[id]->start();
  return id;
}

void DownloadManager::State::on_ended(const ContentId& content, std::uint64_t id,
                                      std::function<void()>& now_stopped) {
  running.erase(content);
  const auto wish = then.extract(id);
  const DownloadStatus status = jobs.at(id)->status();
  if (status.state == DownloadState::kHeld) {
    held.emplace(content, id);
    // While the process ends nothing begins: what is held stays so.
    if (!wish.empty() && !stopping) {
      launch(again(status));
      if (wish.mapped() == Then::kCancel) jobs.at(id)->stop(DownloadJob::Halt::kCancelled);
    }
  }
  forget_old();
  if (running.empty()) now_stopped = std::exchange(stopped, {});
}

Result<std::uint64_t> DownloadManager::State::begin(DownloadRequest request, bool must_fit) {
  if (stopping) return fail(Errc::kCancelled, "cannot fetch now", "the peer is stopping");
  if (const auto same = running.find(request.content); same != running.end()) {
    // One that is being paused goes on then; one that is being cancelled is not to be saved.
    then.try_emplace(same->second, Then::kGoOn);
    jobs.at(same->second)->add_sources(std::move(request.sources), request.key_pem);
    return same->second;
  }
  if (const auto same = held.find(request.content); same != held.end()) {
    auto known = again(jobs.at(same->second)->status());
    known.sources = std::move(request.sources);
    known.key_pem = std::move(request.key_pem);
    return launch(std::move(known));
  }
  for (const auto& [id, job] : jobs) {
    if (must_fit && job->status().content == request.content && job->left_in(request.folder)) {
      return id;
    }
  }
  if (running.size() + held.size() >= limits::kDownloadsMax) {
    return fail(Errc::kOverloaded, "cannot fetch now", "too many downloads are running or paused",
                "wait for one to end, or cancel one");
  }
  if (must_fit) {
    const auto disk = open_disk(request.folder);
    if (!disk) return tl::unexpected<Error>(disk.error());
    if (auto room = check_room(**disk, request.content, request.folder, hooks->keep_free); !room) {
      return tl::unexpected<Error>(room.error());
    }
  }
  request.id = free_id(request.id);
  return launch(std::move(request));
}

}  // namespace shoal::transfer
