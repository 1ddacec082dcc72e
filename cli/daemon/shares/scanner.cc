// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/shares/scanner.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace shoal::daemon {

namespace asio = boost::asio;

Scanner::Scanner(asio::any_io_executor timers, asio::any_io_executor background,
                 transfer::Library& library, std::chrono::milliseconds interval,
                 std::function<void()> changed)
    : strand_(asio::make_strand(std::move(background))),
      timers_(timers),
      timer_(std::move(timers)),
      library_(library),
      interval_(interval),
      changed_(std::move(changed)) {}

void Scanner::start(std::vector<std::string> shares) {
  asio::post(strand_, [self = shared_from_this(), shares = std::move(shares)] {
    // Before the first scan: what changes while it runs is heard.
    self->watcher_ = std::make_shared<ShareWatcher>(
        self->timers_, self->strand_,
        [weak = self->weak_from_this()](const std::vector<transfer::Change>& changes) {
          if (const auto scanner = weak.lock()) scanner->scan_parts(changes);
        });
    self->follow();
    for (const auto& path : shares) {
      const auto added = self->library_.add_share(
          path, [&self](const transfer::ScanProgress&) { return !self->stopping_; });
      if (added) {
        spdlog::info("shared {}: {} files", path, added->share.files);
      } else if (!self->stopping_) {
        spdlog::warn("{}: {}", added.error().what, added.error().why);
      }
    }
    self->scan();
  });
}

void Scanner::shares_changed() {
  asio::post(strand_, [self = shared_from_this()] { self->follow(); });
}

void Scanner::follow() {
  if (stopping_ || !watcher_) return;
  const auto shares = library_.shares();
  if (!shares) return;
  std::vector<std::string> paths;
  for (const auto& share : *shares) paths.push_back(share.path);
  watcher_->follow(paths, library_.closed());
}

void Scanner::scan_parts(const std::vector<transfer::Change>& changes) {
  bool news = false;
  for (const auto& [share, range] : changes) {
    if (stopping_) return;
    const auto done =
        library_.rescan_part(share, range.folder, range.deep,
                             [this](const transfer::ScanProgress&) { return !stopping_.load(); });
    news = news || (done && done->changed());
    if (!done && !stopping_) spdlog::warn("{}: {}", done.error().what, done.error().why);
  }
  // A share that was away is back, perhaps.
  follow();
  if (news) changed_();
}

void Scanner::scan() {
  if (stopping_) return;
  follow();
  const auto done =
      library_.rescan([this](const transfer::ScanProgress&) { return !stopping_.load(); });
  changed_();
  if (!done && !stopping_) spdlog::warn("{}: {}", done.error().what, done.error().why);
  again();
}

void Scanner::again() {
  if (interval_.count() == 0 || stopping_) return;
  timer_.expires_after(interval_);
  timer_.async_wait(asio::bind_executor(
      strand_, [self = shared_from_this()](const boost::system::error_code& error) {
        if (!error) self->scan();
      }));
}

void Scanner::stop() {
  stopping_ = true;
  asio::post(strand_, [self = shared_from_this()] {
    self->timer_.cancel();
    if (self->watcher_) self->watcher_->stop();
  });
}

}  // namespace shoal::daemon
