// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/daemon/shares/share_watcher.h"
#include "proto/asio.h"
#include "transfer/library/library.h"

namespace shoal::daemon {

/// Keeps the shares fresh: adds those of the configuration, scans all at the start, then what the
/// kernel says has changed, and all again every `interval`. Any thread.
class Scanner : public std::enable_shared_from_this<Scanner> {
 public:
  /// `library` must outlive this; scans run on `background`, and `changed` is called after each.
  Scanner(boost::asio::any_io_executor timers, boost::asio::any_io_executor background,
          transfer::Library& library, std::chrono::milliseconds interval,
          std::function<void()> changed);

  void start(std::vector<std::string> shares);
  /// A share came or went: watches those that there are.
  void shares_changed();
  /// A scan under way ends soon; what it reached is kept.
  void stop();
  [[nodiscard]] bool stopping() const { return stopping_; }

 private:
  void scan();
  void scan_parts(const std::vector<transfer::Change>& changes);
  void follow();
  void again();

  boost::asio::any_io_executor strand_;
  boost::asio::any_io_executor timers_;
  std::shared_ptr<ShareWatcher> watcher_;  ///< on the strand
  boost::asio::steady_timer timer_;
  transfer::Library& library_;
  const std::chrono::milliseconds interval_;
  const std::function<void()> changed_;
  std::atomic<bool> stopping_ = false;
};

}  // namespace shoal::daemon
