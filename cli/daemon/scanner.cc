// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/scanner.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace shoal::daemon {

namespace asio = boost::asio;

Scanner::Scanner(asio::any_io_executor timers, asio::any_io_executor background,
                 transfer::Library& library, std::chrono::milliseconds interval,
                 std::function<void()> changed)
    : strand_(asio::make_strand(std::move(background))),
      timer_(std::move(timers)),
      library_(library),
      interval_(interval),
      changed_(std::move(changed)) {}

void Scanner::start(std::vector<std::string> shares) {
  asio::post(strand_, [self = shared_from_this(), shares = std::move(shares)] {
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

void Scanner::scan() {
  if (stopping_) return;
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
  asio::post(strand_, [self = shared_from_this()] { self->timer_.cancel(); });
}

}  // namespace shoal::daemon
