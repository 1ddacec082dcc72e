// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/shares/share_watcher.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "proto/types/limits_library.h"

namespace shoal::daemon {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

ShareWatcher::ShareWatcher(const asio::any_io_executor& timers, asio::any_io_executor strand,
                           OnChanges on_changes)
    : strand_(std::move(strand)), on_changes_(std::move(on_changes)), quiet_(timers) {
  auto watch = transfer::ShareWatch::open();
  if (!watch) {
    spdlog::warn("{}: {}; {}", watch.error().what, watch.error().why, watch.error().next);
    return;
  }
  watch_ = std::move(*watch);
  // Its own descriptor: Asio closes the one that it is given.
  const int fd = ::fcntl(watch_->fd(), F_DUPFD_CLOEXEC, 0);
  if (fd >= 0) kernel_.emplace(timers, fd);
}

void ShareWatcher::follow(const std::vector<std::string>& shares,
                          const transfer::ClosedFolders& closed) {
  if (!kernel_) return;
  std::vector<transfer::Change> fresh;
  for (auto& share : watch_->follow(shares, closed)) fresh.push_back({std::move(share), {}});
  if (watch_->limited() && !std::exchange(told_limit_, true)) {
    spdlog::warn(
        "only {} folders of the shares are watched: changes in the others are found by the "
        "scans of every rescan.interval; fs.inotify.max_user_watches may be raised",
        watch_->watches());
  }
  add(std::move(fresh));
  listen();
}

void ShareWatcher::listen() {
  kernel_->cancel();
  kernel_->async_wait(
      asio::posix::stream_descriptor::wait_read,
      asio::bind_executor(strand_, [self = shared_from_this()](const boost::system::error_code& e) {
        if (!e) self->on_news();
      }));
}

void ShareWatcher::on_news() {
  if (!kernel_) return;
  add(watch_->take());
  listen();
}

void ShareWatcher::add(std::vector<transfer::Change> changes) {
  if (changes.empty()) return;
  const auto now = Clock::now();
  if (pending_.empty()) first_ = now;
  for (auto& change : changes) {
    if (std::ranges::find(pending_, change) == pending_.end())
      pending_.push_back(std::move(change));
  }
  quiet_.expires_at(std::min(now + limits::kWatchQuiet, first_ + limits::kWatchLongest));
  quiet_.async_wait(
      asio::bind_executor(strand_, [self = shared_from_this()](const boost::system::error_code& e) {
        // Another change may have moved the time while this call was on its way.
        if (e || self->pending_.empty() || Clock::now() < self->quiet_.expiry()) return;
        self->on_changes_(std::exchange(self->pending_, {}));
      }));
}

void ShareWatcher::stop() {
  pending_.clear();
  quiet_.cancel();
  kernel_.reset();
}

}  // namespace shoal::daemon
