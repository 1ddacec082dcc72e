// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "bootstrap/core/index_plan.h"
#include "bootstrap/http/index_client.h"
#include "proto/asio.h"
#include "transfer/library/library.h"

namespace shoal::daemon {

/// How publishing stands.
struct IndexStatus {
  bool on = false;             ///< this peer publishes what it shares
  bool taken = true;           ///< the directory keeps an index, as far as it is known
  bool current = false;        ///< all that is shared is there
  std::uint64_t files = 0;     ///< there
  std::uint64_t left_out = 0;  ///< shared, but more than the index takes of one peer
  std::string last_error;      ///< in words; empty: the last update was taken
};

/// What a call of refresh() did.
struct IndexNews {
  std::uint64_t files = 0;
  std::uint64_t came = 0;
  std::uint64_t went = 0;
};

/// Publishes what this peer shares in its directory's index, when its owner chose to
/// (directory.index): everything at first, then what changed, everything again when the directory
/// lost it, and nothing when that is off: then what an earlier process published is taken back. Any
/// thread; work is done on `background`, one update after the other.
class IndexDesk : public std::enable_shared_from_this<IndexDesk> {
 public:
  struct Parts {
    boost::asio::any_io_executor timers;
    boost::asio::any_io_executor background;
    transfer::Library& library;      ///< must outlive what runs on `background`
    bootstrap::IndexClient& client;  ///< likewise
    bool on = false;
  };
  explicit IndexDesk(Parts parts);

  /// As DirectoryClient::Options::on_leased.
  void on_leased(std::optional<std::uint64_t> index);
  void shares_changed();
  /// Publishes now what is not published yet. Errors: why not.
  void refresh(std::function<void(Result<IndexNews>)> done);
  [[nodiscard]] IndexStatus status() const;
  /// An update under way ends soon. What is published ends with the lease.
  void stop();

 private:
  using Clock = std::chrono::steady_clock;

  void run_in(std::chrono::milliseconds delay);
  Result<IndexNews> run();
  Result<bootstrap::IndexList> shared();
  Result<IndexNews> publish(const bootstrap::IndexList& here);
  Result<void> send(bootstrap::IndexUpdate update);
  void note(const Result<IndexNews>& outcome);

  Parts parts_;
  boost::asio::any_io_executor strand_;
  boost::asio::steady_timer timer_;            // on the strand, as all down to mutex_
  std::optional<bootstrap::IndexList> there_;  // what the directory has of us; none: not known
  std::uint64_t sequence_ = 0;                 // of our last update that was taken
  std::uint64_t pass_ = 0;                     // what the next replacement must pass
  Clock::time_point replaced_;
  std::chrono::milliseconds pause_ = limits::kPublishRetryMin;
  bool leased_ = false;

  std::atomic<bool> stopped_ = false;
  mutable std::mutex mutex_;  // guards all below
  IndexStatus status_;
};

}  // namespace shoal::daemon
