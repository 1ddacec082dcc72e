// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "proto/asio.h"
#include "transfer/library/share_watch.h"

namespace shoal::daemon {

/// Waits until what changes in shares has come to rest, and then tells which parts. All on
/// `strand`, which may block; where the kernel cannot watch it does nothing, and says so in the log
/// once.
class ShareWatcher : public std::enable_shared_from_this<ShareWatcher> {
 public:
  using OnChanges = std::function<void(std::vector<transfer::Change>)>;

  /// `timers`: an executor that does not block.
  ShareWatcher(const boost::asio::any_io_executor& timers, boost::asio::any_io_executor strand,
               OnChanges on_changes);

  /// On the strand: watches these shares from now on. Those that were not watched before count as
  /// changed, as nobody heard what went on there.
  void follow(const std::vector<std::string>& shares, const transfer::ClosedFolders& closed);
  /// On the strand.
  void stop();

 private:
  void listen();
  void on_news();
  void add(std::vector<transfer::Change> changes);

  boost::asio::any_io_executor strand_;
  OnChanges on_changes_;
  std::unique_ptr<transfer::ShareWatch> watch_;
  std::optional<boost::asio::posix::stream_descriptor> kernel_;
  boost::asio::steady_timer quiet_;
  std::vector<transfer::Change> pending_;
  std::chrono::steady_clock::time_point first_;
  bool told_limit_ = false;
};

}  // namespace shoal::daemon
